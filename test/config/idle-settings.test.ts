import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { localConfiguration, writeConfiguration } from './configuration-files.js';

test('what only a service account has is told of where there is none, for loading and for looking up', (t) => {
  const warnings = (own: object): readonly string[] => {
    const { skyflow } = localConfiguration();
    const file = writeConfiguration(t, { skyflow: { ...skyflow, ...own } });
    return loadConfiguration({ file, environment: {} }).warnings;
  };
  const account = { bearer_token: undefined, credentials_file: 'sa.json' };
  const wishes = { credentials_context: 'c', credentials_roles: 'r1, r2' };
  const lookupWishes = { lookup_credentials_context: 'c', lookup_credentials_roles: 'r3' };
  assert.equal(warnings({ ...account, ...wishes }).length, 0);
  assert.match(
    warnings(wishes).join('\n'),
    /^skyflow\.credentials_context is not used.*\nskyflow\.credentials_roles is/,
  );
  assert.equal(warnings({ lookup_credentials_file: 'reader.json', ...lookupWishes }).length, 0);
  for (const lookup of [{}, { lookup_bearer_token: 'reader' }]) {
    const [context, roles] = warnings({ ...account, ...lookup, ...lookupWishes });
    assert.match(context ?? '', /^skyflow\.lookup_credentials_context is not used/);
    assert.match(roles ?? '', /^skyflow\.lookup_credentials_roles is not used/);
  }
});
