import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { findCredential } from '../../src/config/credential-setting.js';
import { loadConfiguration, loadSettings } from '../../src/config/load-configuration.js';
import { selectVaults } from '../../src/config/select-vaults.js';
import {
  localConfiguration,
  realConfiguration,
  temporaryDirectory,
  writeConfiguration,
} from './configuration-files.js';

test('flags go over the environment, the environment over the file, the file over the defaults', (t) => {
  const file = writeConfiguration(t, {
    ...localConfiguration(),
    performance: { batch_size: 10, max_concurrency: 10, max_attempts: 10 },
  });
  const { configuration, origins } = loadConfiguration({
    file,
    environment: {
      SKYFLOW_PERFORMANCE_BATCH_SIZE: '20',
      SKYFLOW_PERFORMANCE_MAX_CONCURRENCY: '20',
      SKYFLOW_CSV_DELIMITER: ';',
    },
    flags: { 'performance.batch_size': '30' },
  });
  const { batch_size, max_concurrency, max_attempts, base_delay_ms } = configuration.performance;
  assert.deepEqual([batch_size, max_concurrency, max_attempts, base_delay_ms], [30, 20, 10, 0]);
  assert.equal(configuration.csv.delimiter, ';');
  assert.equal(origins['performance.batch_size'], 'flag --batch-size');
  assert.equal(origins['performance.max_concurrency'], 'environment SKYFLOW_PERFORMANCE_MAX_CONCURRENCY');
  assert.equal(origins['performance.max_attempts'], file);
  assert.equal(origins['performance.base_delay_ms'], 'default');
  assert.equal(origins['skyflow.vaults[0].id'], file);
});

test('a variable of a section that another one is named after reaches the right one', (t) => {
  const { configuration } = loadConfiguration({
    file: writeConfiguration(t, localConfiguration()),
    environment: {
      SNOWFLAKE_WAREHOUSE: 'WH',
      SKYFLOW_VAULT_URL: 'http://localhost:9/',
      SKYFLOW_UPSERT: 'T',
      SKYFLOW_SOURCE: '',
      SKYFLOW_PERFORMANCE_MAX_ERRORS: '5%',
    },
  });
  assert.equal(configuration.snowflake.warehouse, 'WH');
  assert.equal(configuration.skyflow.vault_url, 'http://localhost:9');
  assert.equal(configuration.skyflow.upsert, true);
  assert.equal(configuration.source, 'csv');
  assert.equal(configuration.performance.max_errors, '5%');
});

test('append_suffix is on by default only towards this machine', (t) => {
  for (const url of ['http://127.0.0.1:1', 'http://[::1]:1', 'https://localhost', 'http://127.9.9.9']) {
    const content = localConfiguration();
    const file = writeConfiguration(t, { skyflow: { ...content.skyflow, vault_url: url } });
    assert.equal(loadConfiguration({ file, environment: {} }).configuration.performance.append_suffix, true);
  }
  const real = loadConfiguration({ file: writeConfiguration(t, realConfiguration()), environment: {} });
  assert.equal(real.configuration.performance.append_suffix, false);
});

test('max_records defaults by source, and its origin tells whether anybody asked for it', (t) => {
  const file = writeConfiguration(t, {
    ...localConfiguration(),
    snowflake: { account: 'A', user: 'U', password: 'P' },
  });
  const load = (flags: Record<string, string>) => loadConfiguration({ file, environment: {}, flags });
  const csv = load({});
  const snowflake = load({ source: 'snowflake' });
  const asked = load({ 'performance.max_records': '100000' });
  assert.deepEqual(
    [csv, snowflake, asked].map(({ configuration, origins }) => [
      configuration.performance.max_records,
      origins['performance.max_records'],
    ]),
    [
      [100_000, 'default'],
      [100, 'default'],
      [100_000, 'flag --max-records'],
    ],
  );
});

test("vaults get the reference's files and headers, by column, and may set their own", (t) => {
  const data = temporaryDirectory(t);
  const { skyflow } = localConfiguration();
  const file = writeConfiguration(t, {
    skyflow: {
      ...skyflow,
      vaults: [
        { name: 'NAME', id: 'v', column: 'name' },
        { name: 'SSN', id: 'v', column: 'ssn' },
        {
          name: 'own',
          id: 'v',
          column: 'email',
          table: 'people',
          csv: {
            data_file: 'a.csv.gz',
            token_file: '/t.csv',
            value_header: 'mail',
            delimiter: '\t',
            encoding: 'utf16le',
          },
        },
      ],
    },
    csv: { data_directory: data, key_column: 'row' },
  });
  const described = loadConfiguration({ file, environment: {} }).configuration.skyflow.vaults.map(
    ({ table, csv }) => [
      table,
      csv.data_file,
      csv.token_file,
      csv.value_header,
      csv.token_header,
      csv.key_column,
      csv.delimiter,
    ],
  );
  assert.deepEqual(described, [
    ['name', `${data}/name_data.csv`, `${data}/name_tokens.csv`, 'full_name', 'full_name_token', 'row', ','],
    ['ssn', `${data}/ssn_data.csv`, `${data}/ssn_tokens.csv`, 'ssn', 'ssn_token', 'row', ','],
    ['people', `${data}/a.csv.gz`, '/t.csv', 'mail', 'mail_token', 'row', '\t'],
  ]);
});

test('a credential of a stronger layer replaces one of another kind in a weaker layer', (t) => {
  const { skyflow } = localConfiguration();
  const file = writeConfiguration(t, {
    skyflow: { ...skyflow, bearer_token: '', credentials_file: 'sa.json' },
  });
  const kindOf = (request: object) =>
    findCredential(
      loadConfiguration({ file, environment: {}, workingDirectory: '/w', ...request }).configuration,
    );
  assert.deepEqual(kindOf({}), { kind: 'credentials_file', file: '/w/sa.json' });
  assert.deepEqual(kindOf({ environment: { SKYFLOW_API_KEY: 'k' } }), { kind: 'api_key', key: 'k' });
  assert.deepEqual(
    kindOf({ environment: { SKYFLOW_API_KEY: 'k' }, flags: { 'skyflow.bearer_token': 't' } }),
    {
      kind: 'bearer_token',
      token: 't',
    },
  );
});

test('on a terminal what is missing is listed to be asked for, and an answer fills it in', (t) => {
  const { skyflow } = localConfiguration();
  const file = writeConfiguration(t, {
    source: 'snowflake',
    skyflow: { ...skyflow, bearer_token: '' },
    snowflake: { account: 'A' },
  });
  const first = loadConfiguration({ file, environment: {}, isTerminal: true });
  assert.deepEqual(
    first.missingSecrets.map(({ key, secret }) => [key, secret]),
    [
      ['skyflow.bearer_token', true],
      ['snowflake.user', false],
      ['snowflake.password', true],
    ],
  );
  const answers = { 'skyflow.bearer_token': 't', 'snowflake.user': 'u', 'snowflake.password': 'p w' };
  const second = loadConfiguration({ file, environment: {}, answers });
  assert.deepEqual(second.missingSecrets, []);
  assert.equal(second.origins['snowflake.password'], 'prompt');
});

test('the configuration cannot be changed, at any depth', (t) => {
  const { configuration } = loadConfiguration({
    file: writeConfiguration(t, localConfiguration()),
    environment: {},
  });
  const assertFrozen = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value), path);
    for (const [key, part] of Object.entries(value)) assertFrozen(part, `${path}.${key}`);
  };
  assertFrozen(configuration, 'configuration');
});

test('a file with secrets that others may read warns, and one without does not', (t) => {
  const file = writeConfiguration(t, localConfiguration());
  const warningsAt = (mode: number) => {
    chmodSync(file, mode);
    return loadConfiguration({ file, environment: {} }).warnings;
  };
  assert.deepEqual(warningsAt(0o600), []);
  const [warning = ''] = warningsAt(0o644);
  assert.match(warning, /holds secrets \(skyflow\.bearer_token\).*mode 0644.*chmod 600/);
  const { skyflow } = localConfiguration();
  const harmless = writeConfiguration(t, { skyflow: { ...skyflow, bearer_token: '' } });
  chmodSync(harmless, 0o644);
  const { warnings } = loadConfiguration({ file: harmless, environment: { SKYFLOW_BEARER_TOKEN: 't' } });
  assert.deepEqual(warnings, []);
});

test('a misspelled variable and the role ACCOUNTADMIN warn; a foreign variable does not', (t) => {
  const file = writeConfiguration(t, localConfiguration());
  const { warnings } = loadConfiguration({
    file,
    environment: {
      SKYFLOW_PERFORMANCE_BACTH_SIZE: '3',
      SNOWFLAKE_HOME: '/x',
      SNOWFLAKE_USER: 'u',
      SNOWFLAKE_PASSWORD: 'p',
      SNOWFLAKE_ACCOUNT: 'a',
    },
    flags: { source: 'snowflake', 'snowflake.role': 'accountadmin' },
  });
  assert.equal(warnings.length, 2);
  assert.match(
    warnings.join('\n'),
    /SKYFLOW_PERFORMANCE_BACTH_SIZE is not used; did you mean SKYFLOW_PERFORMANCE_BATCH_SIZE/,
  );
  assert.match(warnings.join('\n'), /ACCOUNTADMIN/);
});

test('commands that need no complete configuration do without a file', (t) => {
  const file = `${temporaryDirectory(t)}/config.json`;
  const { settings, origins } = loadSettings({
    file,
    environment: {},
    flags: { 'csv.data_directory': '/d' },
  });
  assert.deepEqual(settings.skyflow.vaults, []);
  assert.equal(settings.csv.data_directory, '/d');
  assert.equal(origins['csv.data_directory'], 'flag --data-dir');
  assert.throws(() => loadSettings({ file, fileWasNamed: true, environment: {} }), { code: 'config' });
});

test('vaults are selected in any case, each once, in the order of the configuration', (t) => {
  const { skyflow } = localConfiguration();
  const vaults = ['NAME', 'ID', 'DOB'].map((name) => ({ name, id: 'v', column: name.toLowerCase() }));
  const file = writeConfiguration(t, { skyflow: { ...skyflow, vaults } });
  const { configuration } = loadConfiguration({ file, environment: {} });
  const names = (selection: string[] | undefined) =>
    selectVaults(configuration.skyflow.vaults, selection).selected.map(({ name }) => name);
  assert.deepEqual(names(['dob', 'Name', 'NAME']), ['NAME', 'DOB']);
  assert.deepEqual(names(undefined), ['NAME', 'ID', 'DOB']);
});
