import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { Workspace } from '../support/workspace.js';
import { httpVault } from '../vault/scripted-vault.js';
import { runCheck, type CheckRun } from './check-report.js';

test('login, warehouse, queries, UDFs and the right to make a snapshot are tried, and no row is read', async () => {
  await using workspace = await Workspace.create();
  await using vault = await httpVault((_request, response) => response.end('{"records":[]}'));
  const account = await startSnowflakeSandbox({ seed: { rows: 3 } });
  try {
    const check = async (snowflake: object, flags: readonly string[] = []): Promise<CheckRun> => {
      const configuration = {
        source: 'snowflake',
        skyflow: {
          vault_url: vault.url,
          bearer_token: 'test-bearer-token',
          vaults: [
            { name: 'SSN', id: 'v1', column: 'ssn' },
            { name: 'DOB', id: 'v2', column: 'dob' },
          ],
        },
        snowflake: {
          account: 'TEST',
          access_url: account.accessUrl,
          user: 'LOADER',
          password: 'sandbox-password',
          ...snowflake,
        },
        performance: { append_suffix: false, max_records: 0 },
      };
      await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });
      return runCheck(workspace, flags);
    };

    const union = await check({
      query_mode: 'union',
      snapshot: 'table',
      scratch_schema: 'SKYFLOW_DEMO.PUBLIC',
    });
    assert.equal(union.end.status, 0, union.end.stdout);
    assert.deepEqual(union.of('Snowflake'), [
      'good login TEST as LOADER, role PUBLIC',
      'good warehouse APP_WH is in use',
      "good session a load sets the time limit of statements, the time zone and how times are written:\nSTATEMENT_TIMEOUT_IN_SECONDS = 14400, TIMEZONE = 'UTC', " +
        "DATE_OUTPUT_FORMAT = 'YYYY-MM-DD', TIME_OUTPUT_FORMAT = 'HH24:MI:SS', " +
        "TIMESTAMP_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM', " +
        "TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3', " +
        "TIMESTAMP_LTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM', " +
        "TIMESTAMP_TZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM', QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE",
      'good SSN the query (mode union) compiles',
      'good SSN the UDF T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK can be called',
      'good SSN the query gives 4 rows',
      'good DOB the query (mode union) compiles',
      'good DOB the UDF T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_BIRTHDATE_DETOK can be called',
      'good DOB the query gives 4 rows',
      'good snapshot a table can be made in SKYFLOW_DEMO.PUBLIC, and dropped',
    ]);
    const left = await account.runSql("SELECT * FROM duckdb_tables() WHERE database_name = 'SKYFLOW_DEMO'");
    assert.deepEqual(left.rows, [], 'no table is left behind');
    const read = account
      .stats()
      .queries.filter(
        ({ rows = 0, sqlText }) =>
          rows > 0 && /CLM|MBR/.test(sqlText) && !/^WITH pairs[\s\S]*COUNT\(\*\)/.test(sqlText),
      );
    assert.deepEqual(
      read.map(({ sqlText }) => sqlText),
      [],
      'compiled and counted, not read',
    );

    const slow = await check({}, ['--max-records-per-second', '0.00001', '--vault', 'ssn']);
    assert.equal(slow.end.status, 2, 'a result does not last for a load of more than 20 hours');
    assert.match(slow.of('Estimate')[0] ?? '', /^bad SSN .*What is read from lasts for 20h 00m/);
    const uncounted = await check({ query_mode: 'union' }, ['--vault', 'ssn', '--no-precount']);
    assert.doesNotMatch(uncounted.of('Snowflake').join(), /rows/);
    assert.deepEqual(uncounted.of('Estimate'), []);

    const beyond = await check({ query_mode: 'union', start_record: 4 }, ['--vault', 'ssn']);
    assert.equal(beyond.end.status, 0, beyond.end.stdout);
    assert.equal(beyond.of('Snowflake').at(-1), 'warn SSN the source has 4 rows, and none from row 4 on');

    const wrong = await check({ snapshot: 'table', scratch_schema: 'NOWHERE.PUBLIC' }, [
      '--sf-table',
      'MISSING',
      '--vault',
      'ssn',
    ]);
    assert.equal(wrong.end.status, 2);
    assert.match(wrong.of('Snowflake')[3] ?? '', /^bad SSN the query does not compile: /);
    assert.match(wrong.of('Snowflake')[4] ?? '', /^bad snapshot cannot make a table like NOWHERE\.PUBLIC\./);
    assert.match(wrong.end.stderr, /--verbose shows the SQL/);

    const stranger = await check({ password: 'sentinel-password' });
    assert.equal(stranger.end.status, 2);
    assert.match(stranger.of('Snowflake')[0] ?? '', /^bad login cannot log in to Snowflake .*code 390100/);
    assert.deepEqual(stranger.of('Snowflake').slice(1), [
      'not_checked SSN not checked: needs the login to Snowflake',
      'not_checked DOB not checked: needs the login to Snowflake',
    ]);
    assert.doesNotMatch(stranger.end.stdout + stranger.end.stderr, /sentinel/);
  } finally {
    await account.close();
  }
});
