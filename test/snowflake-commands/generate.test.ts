import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { modeColumns } from '../source-snowflake/mode-columns.js';
import { keys, needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { openAccount, type TestAccount } from './account.js';

const generate = async (account: TestAccount, ...words: string[]) =>
  account.workspace.run(['generate', ...words, '--output', 'snowflake']);

const table = 'SKYFLOW_DEMO.PUBLIC.MOCK';
const insertions = ({ sandbox }: TestAccount) =>
  sandbox.stats().queries.filter(({ sqlText }) => sqlText.startsWith('INSERT'));

test('a table that is missing is made and filled by few INSERTs with the rows that the CSV files get for the same seed', async () => {
  await using account = await openAccount();
  const end = await generate(account, '-count', '2500', '-sf-batch-size=1000', '--seed', '7');
  assert.equal(end.status, 0, end.stderr);
  assert.equal(end.stdout, `${table}: 2,500 rows inserted\n`);
  assert.equal(insertions(account).length, 3);

  const rows = await account.sandbox.runSql(`SELECT * FROM ${table}`);
  const names = ['full_name', 'id', 'dob', 'ssn'].flatMap((column) => [column, `${column}_token`]);
  assert.deepEqual(
    rows.columns.map((name) => name.toLowerCase()),
    names,
  );
  for (const at of names.keys()) assert.equal(new Set(rows.rows.map((row) => row[at])).size, 2500);

  const patterns = {
    full_name: /^[A-Z][a-z]+ [A-Z][a-z]+_\d+_[0-9a-f]{16}$/,
    id: /^[1-9]\d{4}_\d+_[0-9a-f]{16}$/,
    dob: /^(19[4-9]\d|200\d)-\d\d-\d\d_\d+_[0-9a-f]{16}$/,
    ssn: /^(?!000|666|9)\d{3}-\d\d-\d{4}_\d+_[0-9a-f]{16}$/,
  };
  for (const [column, pattern] of Object.entries(patterns)) {
    const [value, token] = (
      await account.sandbox.runSql(`SELECT ${column}, ${column}_token FROM ${table} LIMIT 1`)
    ).rows[0] ?? [''];
    assert.match(String(value), pattern);
    assert.match(String(token), /^tok_(name|id|dob|ssn)_\d+_[0-9a-f]{32}$/);
  }

  await account.workspace.run(['generate', '2500', '--seed', '7'], { status: 0 });
  for (const [file, column] of [
    ['name_data.csv', 'full_name'],
    ['ssn_tokens.csv', 'ssn_token'],
  ] as const) {
    const [, ...cells] = (await readFile(account.workspace.at('data', file), 'utf8')).trim().split('\n');
    assert.deepEqual((await account.column(`SELECT ${column} FROM ${table}`)).sort(), cells.sort());
  }
});

test('rows that are there stay, unless they are added to with --force or given up with --truncate --yes', async () => {
  await using account = await openAccount();
  const count = async () => Number((await account.column(`SELECT COUNT(*) FROM ${table}`))[0]);
  assert.equal((await generate(account, '10')).status, 0);

  const refused = await generate(account, '10');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /rows already in MOCK \(10 rows\); nothing was changed/);
  assert.match(refused.stderr, /--truncate.*--force/);
  assert.equal(await count(), 10);

  const unasked = await generate(account, '10', '--truncate');
  assert.equal(unasked.status, 2);
  assert.match(unasked.stderr, /would empty MOCK \(10 rows\), and nobody can be asked\n.*--yes/);
  assert.equal(await count(), 10);

  assert.equal((await generate(account, '5', '--force')).status, 0);
  assert.equal(await count(), 15);

  const before = await account.column(`SELECT ssn FROM ${table}`);
  assert.equal((await generate(account, '7', '-truncate', '--yes')).status, 0);
  const after = await account.column(`SELECT ssn FROM ${table}`);
  assert.equal(after.length, 7);
  assert.ok(after.every((ssn) => !before.includes(ssn)));
});

test('the tables of the modes union and generic get every column that their queries read, and no value twice', async () => {
  await using account = await openAccount();
  for (const [mode, suffix, columns] of [
    ['union', '', 8],
    ['generic', '_TOKEN', 16],
  ] as const) {
    const words = [
      '--sf-query-mode',
      mode,
      '--sf-clm-table',
      `${mode}_C`,
      '--sf-mbr-table',
      `SKYFLOW_DEMO.PUBLIC.${mode}_M`,
    ];
    const end = await generate(
      account,
      '200',
      ...words,
      '--sf-database',
      'SKYFLOW_DEMO',
      '--sf-schema',
      'PUBLIC',
    );
    assert.equal(end.status, 0, end.stderr);
    const [clm, mbr] = [`SKYFLOW_DEMO.PUBLIC.${mode}_C`, `SKYFLOW_DEMO.PUBLIC.${mode}_M`];
    for (const one of [clm, mbr])
      assert.equal((await account.sandbox.runSql(`SELECT * FROM ${one}`)).columns.length, columns);
    for (const [ofClm = [], ofMbr = []] of Object.values(modeColumns)) {
      const parts = [
        ...ofClm.map((column) => `SELECT ${column}${suffix} AS x FROM ${clm}`),
        ...ofMbr.map((column) => `SELECT ${column}${suffix} AS x FROM ${mbr}`),
      ];
      const [distinct] = await account.column(`SELECT COUNT(DISTINCT x) FROM (${parts.join(' UNION ALL ')})`);
      assert.equal(Number(distinct), 200 * parts.length);
    }
  }
});

test('an interrupt cancels the INSERT that is running, says what is in the table, and exits with 130', async () => {
  await using account = await openAccount();
  const words = ['generate', '100000', '--output', 'snowflake', '--sf-batch-size', '2'];
  const running = account.workspace.start(words);
  const insertedSome = () => insertions(account).some(({ status }) => status === 'SUCCESS');
  await waitUntil('some rows are inserted', insertedSome);
  await fetch(`${account.sandbox.controlUrl}/sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify({ slowQueryMs: 120_000 }),
  });
  const isInserting = () => insertions(account).some(({ status }) => status === 'RUNNING');
  await waitUntil('an INSERT is running', isInserting);
  running.child.kill('SIGINT');
  const end = await running.ended;
  assert.equal(end.status, 130, end.stderr);
  await waitUntil('no INSERT runs any more', () => !isInserting());
  const said = /stopped; MOCK: ([\d,]+) rows inserted; the INSERT that was cancelled/.exec(end.stderr)?.[1];
  assert.ok(said !== undefined, end.stderr);
  const [rows] = await account.column(`SELECT COUNT(*) FROM ${table}`);
  // The cancelled INSERT of two rows may have been beyond cancelling.
  assert.ok([0, 2].includes(Number(rows) - Number(said.replaceAll(',', ''))));
  assert.equal(end.stdout, '');
});

test('what Snowflake refuses is said with the statement, and never with the password', async () => {
  await using account = await openAccount();
  const refusals: [words: string[], said: RegExp][] = [
    [['--sf-password', 'a-wrong-one'], /Incorrect username or password/],
    [
      ['--sf-table', 'NOWHERE.PUBLIC.MOCK'],
      /cannot make the table NOWHERE\.PUBLIC\.MOCK.*SQL was:\nCREATE TABLE/s,
    ],
    [['--sf-query-mode', 'custom'], /custom has no tables/],
    [['--sf-table', 'A.B.C.D'], /"A\.B\.C\.D" has 4 parts/],
    [['--sf-batch-size', '0'], /--sf-batch-size: found .*; allowed: a whole number from 1/],
    [['--truncate', '--force'], /exclude each other/],
  ];
  for (const [words, said] of refusals) {
    const argv = ['generate', '5', ...words, '--output', 'snowflake'];
    const end = await account.workspace.run(argv, { status: 2 });
    assert.match(end.stderr, said);
    assert.doesNotMatch(end.stderr, /a-wrong-one|sandbox-password/);
  }
  const csv = await account.workspace.run(['generate', '5', '--truncate'], { status: 2 });
  assert.match(csv.stderr, /--truncate empties tables/);
});

test(
  'a missing password is asked for on a terminal, and is a mistake with its ways without one',
  needsTerminal,
  async () => {
    await using account = await openAccount();
    const { workspace, sandbox } = account;
    const login = { access_url: sandbox.accessUrl, account: 'SANDBOX', user: 'loader', table: 'MOCK' };
    await writeFile(workspace.at('config.json'), JSON.stringify({ snowflake: login }), { mode: 0o600 });

    const nobody = await generate(account, '10');
    assert.equal(nobody.status, 2);
    assert.match(nobody.stderr, /a Snowflake password by --sf-password, SNOWFLAKE_PASSWORD or the key/);
    assert.deepEqual(insertions(account), []);

    await using terminal = startInTerminal(['generate', '10', '--output', 'snowflake'], {
      cwd: workspace.path,
    });
    await terminal.answer(/Snowflake password:/, `sandbox-password${keys.enter}`);
    assert.equal(await terminal.ended, 0, terminal.all());
    assert.doesNotMatch(terminal.all(), /sandbox-password/);
    assert.equal(Number((await account.column(`SELECT COUNT(*) FROM ${table}`))[0]), 10);
  },
);
