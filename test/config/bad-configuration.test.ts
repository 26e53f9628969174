import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localConfiguration, realConfiguration, refusal } from './configuration-files.js';

/** `performance` with one key set, in a configuration that is otherwise right. */
const withPerformance = (performance: object) => ({ ...localConfiguration(), performance });

test('a batch size of 0, -1, 1.5 or 10^9 is refused with its bounds', (t) => {
  for (const batchSize of [0, -1, 1.5, 1e9]) {
    const { problems } = refusal(t, withPerformance({ batch_size: batchSize }));
    assert.deepEqual(
      problems.map(({ key, found, allowed }) => ({ key, found, allowed })),
      [
        {
          key: 'performance.batch_size',
          found: String(batchSize),
          allowed: 'a whole number from 1 to 10,000',
        },
      ],
    );
  }
});

test('wrong types are told with what was found', (t) => {
  const cases: [performance: object, found: string][] = [
    [{ batch_size: '300' }, 'the text "300"'],
    [{ batch_size: null }, 'null'],
    [{ batch_size: [1, 2] }, 'a list of 2'],
    [{ batch_size: {} }, 'an object'],
    [{ append_suffix: 'yes' }, 'the text "yes"'],
    [{ max_errors: '101%' }, 'the text "101%"'],
    [{ max_errors: -1 }, '-1'],
    [{ max_records_per_second: 0 }, '0'],
  ];
  for (const [performance, found] of cases) {
    assert.deepEqual(
      refusal(t, withPerformance(performance)).problems.map((problem) => problem.found),
      [found],
    );
  }
});

test('a file or section that is no object is refused', (t) => {
  for (const content of ['[]', '3', 'null', '"text"']) {
    const { problems } = refusal(t, content);
    assert.equal(problems[0]?.allowed, 'an object: { … }');
  }
  const { problems } = refusal(
    t,
    { ...localConfiguration(), performance: 'fast' },
    {
      flags: { 'performance.batch_size': '5' },
    },
  );
  assert.deepEqual(
    problems.map(({ key, found }) => [key, found]),
    [['performance', 'the text "fast"']],
  );
});

test('an unknown key is told with the nearest one, wherever that belongs', (t) => {
  const suggestions = refusal(t, {
    ...localConfiguration(),
    batch_size: 3,
    perfomance: {},
    performance: { max_concurency: 1 },
    zebra: 1,
  }).problems.map(({ key, suggestion }) => [key, suggestion]);
  assert.deepEqual(suggestions, [
    ['performance.max_concurency', 'did you mean performance.max_concurrency?'],
    ['batch_size', 'did you mean performance.batch_size?'],
    ['perfomance', 'did you mean performance?'],
    ['zebra', undefined],
  ]);
});

test('a wrong choice is told with the choices and the nearest one', (t) => {
  const [problem] = refusal(t, { ...localConfiguration(), source: 'snowfalke' }).problems;
  assert.match(problem?.allowed ?? '', /^one of csv, parquet, snowflake \(csv reads Parquet files too/);
  assert.equal(problem?.suggestion, 'did you mean snowflake?');
});

test('a configuration needs a vault URL and at least one vault', (t) => {
  for (const skyflow of [{ bearer_token: 't' }, { bearer_token: 't', vault_url: '', vaults: [] }]) {
    assert.deepEqual(
      refusal(t, { skyflow }).problems.map(({ key }) => key),
      ['skyflow.vault_url', 'skyflow.vaults'],
    );
  }
});

test('every vault needs a name, an ID and a column, all told at once', (t) => {
  const skyflow = {
    ...localConfiguration().skyflow,
    vaults: [{ name: 'A' }, 7, { id: 'x', column: 'a/b', nam: 'B' }],
  };
  assert.deepEqual(
    refusal(t, { skyflow })
      .problems.map(({ key }) => key)
      .sort(),
    [
      'skyflow.vaults[0].column',
      'skyflow.vaults[0].id',
      'skyflow.vaults[1]',
      'skyflow.vaults[2].column',
      'skyflow.vaults[2].nam',
      'skyflow.vaults[2].name',
    ],
  );
});

test('two vaults of one name are refused, upper and lower case being the same', (t) => {
  const vaults = ['SSN', 'DOB', 'ssn'].map((name) => ({ name, id: 'v', column: 'c' }));
  const { problems } = refusal(t, { skyflow: { ...localConfiguration().skyflow, vaults } });
  assert.deepEqual(
    problems.map(({ key }) => key),
    ['skyflow.vaults[2].name'],
  );
  assert.match(problems[0]?.found ?? '', /"ssn", which skyflow\.vaults\[0\] has too/);
});

test('http is refused to a host that is not this machine, which look-alikes are not', (t) => {
  for (const host of [
    'example.com',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '10.0.0.1',
    '0.0.0.0',
    '[::2]',
  ]) {
    const real = realConfiguration();
    const { problems } = refusal(t, { ...real, skyflow: { ...real.skyflow, vault_url: `http://${host}` } });
    assert.deepEqual(
      problems.map(({ key }) => key),
      ['skyflow.vault_url'],
    );
    assert.match(problems[0]?.found ?? '', /^http to .* unencrypted$/);
  }
});

test('a vault URL is a server only: nothing else in it is accepted, or repeated', (t) => {
  const cases: [url: string, found: RegExp][] = [
    ['https://user:hunter2@abc.example', /user name or password/],
    ['https://abc.example/v1/hunter2', /a path/],
    ['https://abc.example?key=hunter2', /a query/],
    ['https://abc.example#hunter2', /a fragment/],
    ['ftp://hunter2.example', /another scheme/],
    ['hunter2', /no URL, but a text of 7 characters/],
    ['https://abc.example\n', /line break/],
  ];
  for (const [url, found] of cases) {
    const real = realConfiguration();
    const error = refusal(t, { ...real, skyflow: { ...real.skyflow, vault_url: url } });
    assert.match(error.problems[0]?.found ?? '', found);
    assert.doesNotMatch(error.message, /hunter2/);
  }
});

test('append_suffix left unsaid for a real vault is refused and explained', (t) => {
  const { skyflow } = realConfiguration();
  const error = refusal(t, { skyflow });
  assert.deepEqual(
    error.problems.map(({ key }) => key),
    ['performance.append_suffix'],
  );
  assert.match(error.message, /random suffix to every value and token/);
  assert.match(error.message, /--append-suffix=false/);
});

test('a token with a line break, a blank or a control character is refused by its length', (t) => {
  for (const [token, fault] of [
    ['hunter2\nx', 'a line break'],
    ['hunter2 x', 'a blank'],
    ['hunter2\u0007x', 'a control character'],
    ['hunter2äx', 'a character that is not ASCII'],
  ]) {
    const { skyflow } = localConfiguration();
    const error = refusal(t, { skyflow: { ...skyflow, bearer_token: token } });
    assert.equal(error.problems[0]?.found, `a text of 9 characters with ${fault ?? ''} in it`);
    assert.doesNotMatch(error.message, /hunter2/);
  }
});

test('no message repeats a secret, of whatever type it is given', (t) => {
  const { skyflow } = localConfiguration();
  for (const secret of [['hunter2'], { hunter2: 1 }, 4711]) {
    const message = refusal(t, {
      skyflow: { ...skyflow, bearer_token: secret },
      snowflake: { password: secret },
    }).message;
    assert.doesNotMatch(message, /hunter2|4711/);
    assert.match(message, /skyflow\.bearer_token/);
    assert.match(message, /snowflake\.password/);
  }
});

test('a missing token is a mistake that names flag, variable and key, unless somebody can be asked', (t) => {
  const { skyflow } = localConfiguration();
  const { message } = refusal(t, { skyflow: { ...skyflow, bearer_token: '' } });
  assert.match(message, /--token, SKYFLOW_BEARER_TOKEN or the key skyflow\.bearer_token/);
});

test('two credentials of one layer are ambiguous', (t) => {
  const { skyflow } = localConfiguration();
  assert.deepEqual(
    refusal(t, { skyflow: { ...skyflow, api_key: 'k' } }).problems.map(({ key }) => key),
    ['skyflow.api_key'],
  );
});

test('an unknown vault in the selection is told with the nearest one', (t) => {
  const [problem] = refusal(t, localConfiguration(), { selection: ['nmae'] }).problems;
  assert.equal(problem?.key, '--vault');
  assert.equal(problem.suggestion, 'did you mean NAME?');
});

test('all mistakes are told at once, from file, environment and flags, each with its place', (t) => {
  const { problems, message } = refusal(
    t,
    {
      skyflow: { vault_url: 'http://example.com', vaults: [{ name: 'A B', id: 'v', column: 'c' }] },
      csv: { delimiter: '"' },
      performance: { max_attempts: 0 },
    },
    {
      environment: { SKYFLOW_PERFORMANCE_HEARTBEAT_MS: 'soon', SKYFLOW_CSV_ENCODING: 'ebcdic' },
      flags: { 'performance.batch_size': 'many', 'csv.data_directory': '' },
    },
  );
  const places = Object.fromEntries(problems.map(({ key, where }) => [key, where]));
  assert.equal(places['performance.batch_size'], 'flag --batch-size');
  assert.equal(places['csv.data_directory'], 'flag --data-dir');
  assert.equal(places['performance.heartbeat_ms'], 'environment SKYFLOW_PERFORMANCE_HEARTBEAT_MS');
  assert.equal(places['csv.encoding'], 'environment SKYFLOW_CSV_ENCODING');
  for (const key of [
    'csv.delimiter',
    'performance.max_attempts',
    'skyflow.vaults[0].name',
    'skyflow.vault_url',
  ]) {
    assert.match(places[key] ?? '', /config\.json$/);
  }
  assert.ok('skyflow.bearer_token' in places && 'performance.append_suffix' in places);
  assert.match(message, /^there are 10 mistakes/);
  assert.equal(message.split('\n').length, 11);
});

test('Snowflake as the source needs an account, a login that is known, and a query for every chosen vault', (t) => {
  const content = {
    ...localConfiguration(),
    source: 'snowflake',
    snowflake: {
      query_mode: 'custom',
      authenticator: 'oauth2',
      start_record: 5,
      end_record: 5,
      snapshot: 'table',
    },
  };
  assert.deepEqual(
    refusal(t, content)
      .problems.map(({ key }) => key)
      .sort(),
    [
      'skyflow.vaults[0].query',
      'snowflake.account',
      'snowflake.authenticator',
      'snowflake.end_record',
      'snowflake.scratch_schema',
      'snowflake.user',
    ],
  );
});
