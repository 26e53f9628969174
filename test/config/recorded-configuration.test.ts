import assert from 'node:assert/strict';
import { test } from 'node:test';
import { singleSettings } from '../../src/config/catalogue.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { mergeSettings } from '../../src/config/merge-settings.js';
import { recordedSettingsSchema, redactConfiguration } from '../../src/config/redact-configuration.js';
import { describeKept } from '../../supervisor/commands/resume/describe-kept.js';
import { localConfiguration, writeConfiguration } from './configuration-files.js';

test('what is written down has every setting and origin, and no secret', (t) => {
  const { skyflow } = localConfiguration();
  const file = writeConfiguration(t, {
    skyflow: { ...skyflow, bearer_token: 'hunter2' },
    snowflake: { password: 'hunter22' },
  });
  const { configuration, origins } = loadConfiguration({ file, environment: {} });
  const recorded = redactConfiguration(configuration, origins);
  assert.deepEqual(recorded['skyflow.bearer_token'], { secret_length: 7, origin: file });
  assert.deepEqual(recorded['performance.batch_size'], { value: 300, origin: 'default' });
  assert.deepEqual(recorded['skyflow.vaults[0].table'], { value: 'name', origin: 'default' });
  assert.doesNotMatch(JSON.stringify(recorded), /hunter2/);
});

test('a resumed run has its own settings again; places and secrets are those of today, and flags go over them', (t) => {
  const { skyflow } = localConfiguration();
  const [vault] = skyflow.vaults;
  const vaults = [{ ...vault, csv: { data_file: ['a_*.csv', 'b.csv'], accept: ['nul'] } }];
  const file = writeConfiguration(t, {
    skyflow: { ...skyflow, vaults },
    csv: { null_strings: ['NULL'] },
    performance: { batch_size: 10, max_attempts: 7 },
  });
  const first = loadConfiguration({ file, environment: {} });
  const written: unknown = JSON.parse(
    JSON.stringify(redactConfiguration(first.configuration, first.origins)),
  );
  const recorded = recordedSettingsSchema.parse(written);
  const other = writeConfiguration(t, {
    skyflow: { vault_url: 'http://127.0.0.1:2', bearer_token: 'new', vaults: [] },
    performance: { batch_size: 99, max_attempts: 99 },
  });
  const again = loadConfiguration({
    file: other,
    environment: { SKYFLOW_PERFORMANCE_MAX_ATTEMPTS: '50' },
    recorded,
    flags: { 'performance.batch_size': '20' },
  });
  assert.deepEqual(again.configuration, {
    ...first.configuration,
    skyflow: { ...first.configuration.skyflow, vault_url: 'http://127.0.0.1:2', bearer_token: 'new' },
    performance: { ...first.configuration.performance, batch_size: 20 },
  });
  assert.deepEqual(again.moved, [
    {
      key: 'skyflow.vault_url',
      recorded: 'http://127.0.0.1:8080',
      current: 'http://127.0.0.1:2',
      origin: other,
    },
  ]);
  assert.deepEqual(
    again.kept.map(({ key }) => key),
    ['performance.batch_size', 'performance.max_attempts'],
    'what the file says otherwise now is told',
  );
  assert.equal(again.origins['performance.max_records'], 'default');
  assert.equal(again.origins['performance.max_attempts'], file);
  assert.equal(again.origins['skyflow.bearer_token'], other);
});

test('each place that data or credentials go to is that of today, and a difference from the run is told', () => {
  const places = singleSettings.filter(({ today }) => today === 'place').map(({ key }) => key);
  assert.deepEqual(places.sort(), [
    'skyflow.account_id',
    'skyflow.allowed_hosts',
    'skyflow.ca_file',
    'skyflow.vault_url',
    'snowflake.access_url',
    'snowflake.account',
    'snowflake.allowed_hosts',
    'snowflake.user',
  ]);
  const merged = (key: string, before: string, now: string) => {
    const [section = '', name = ''] = key.split('.');
    return mergeSettings({
      file: {
        name: 'config.json',
        mode: 0o600,
        othersMayRead: false,
        content: { [section]: { [name]: now } },
      },
      recorded: { [key]: { value: before, origin: 'config.json' } },
      environment: {},
      flags: {},
      outputs: {},
      answers: {},
      workingDirectory: '/',
    });
  };
  for (const key of places) {
    const [section = '', name = ''] = key.split('.');
    const { tree, moved } = merged(key, 'then', 'now');
    assert.deepEqual(tree, { [section]: { [name]: 'now' } }, key);
    assert.deepEqual(moved, [{ key, recorded: 'then', current: 'now', origin: 'config.json' }]);
    assert.deepEqual(merged(key, 'the same', 'the same').moved, [], key);
  }
});

test('a run keeps its settings, and says which of them the file has otherwise now, by vault', (t) => {
  const { skyflow } = localConfiguration();
  const [vault] = skyflow.vaults;
  const withHeader = (header: string, ...before: object[]) => ({
    skyflow: {
      ...skyflow,
      vaults: [...before, { ...vault, csv: { value_header: header, data_file: 'b.csv' } }],
    },
    csv: { data_directory: '.', null_strings: ['NULL'] },
    snowflake: { authenticator: 'snowflake-jwt' },
  });
  const file = writeConfiguration(t, withHeader('ssnx'));
  const first = loadConfiguration({ file, environment: {}, flags: { 'performance.batch_size': '20' } });
  const written: unknown = JSON.parse(
    JSON.stringify(redactConfiguration(first.configuration, first.origins)),
  );
  const recorded = recordedSettingsSchema.parse(written);
  const keptOf = (content: object) =>
    loadConfiguration({ file: writeConfiguration(t, content), environment: {}, recorded }).kept;
  const unchanged = { ...withHeader('ssnx'), performance: { batch_size: 300 } };
  assert.deepEqual(keptOf(unchanged), [], 'nor is what a flag had said a change of the file');
  const other = { ...vault, name: 'OTHER' };
  const kept = keptOf(withHeader('ssn', other));
  assert.deepEqual(kept, [{ key: 'csv.value_header', vault: vault?.name }], 'wherever it stands in the file');
  const [notice = ''] = describeKept(kept, { file: 'my.json', wasNamed: true });
  assert.match(
    notice,
    /keeps its own settings: csv\.value_header of (\S+); .*load --vault \1 --config my\.json$/,
  );
  assert.deepEqual(describeKept([], { file: 'my.json', wasNamed: false }), []);
});
