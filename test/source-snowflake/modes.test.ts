import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { querySql } from '../../src/source/snowflake/prepare-snapshot.js';
import type { QueryChoice } from '../../src/source/snowflake/snowflake-options.js';
import { modeColumns as columns } from './mode-columns.js';
import { multiset, never, pairsOf, readAll, sandboxFor, sourceOptions, withSource } from './fixture.js';

const clm = 'D01_SKYFLOW_POC.SKYFLOW_POC.CLM';
const mbr = 'D01_SKYFLOW_POC.SKYFLOW_POC.MBR';
const detok = 'T01_PROTEGRITY.SCRTY_ACS_CNTRL';

/** Written out by hand, not by the program: what each vault must contain, in SQL of the engine itself. */
const both = (clmColumns: string[], mbrColumns: string[], more: (column: string) => string) =>
  [
    ...clmColumns.map((column) => `SELECT CAST(${column} AS VARCHAR) AS v${more(column)} FROM ${clm}`),
    ...mbrColumns.map((column) => `SELECT CAST(${column} AS VARCHAR) AS v${more(column)} FROM ${mbr}`),
  ].join(' UNION ALL ');
const udfs = {
  name: 'SKFL_MBR_NAME_DETOK',
  id: 'SKFL_MBR_IDENTIFIERS_DETOK',
  dob: 'SKFL_BIRTHDATE_DETOK',
  ssn: 'SKFL_SSN_DETOK',
};
const vaults = ['name', 'id', 'dob', 'ssn'] as const;
type Vault = (typeof vaults)[number];

const simpleSql = (vault: Vault) => {
  const column = vault === 'name' ? 'FULL_NAME' : vault.toUpperCase();
  const value = vault === 'name' ? 'upper(FULL_NAME)' : `CAST(${column} AS VARCHAR)`;
  return (
    `SELECT DISTINCT ${value}, ${column}_TOKEN FROM ELEVANCE.PUBLIC.PATIENTS ` +
    `WHERE ${column} IS NOT NULL AND ${column}_TOKEN IS NOT NULL`
  );
};
const unionSql = (vault: Vault) =>
  `SELECT DISTINCT v, ${detok}.${udfs[vault]}(v) FROM (${both(...columns[vault], () => '')}) WHERE v IS NOT NULL`;
const genericSql = (vault: Vault) =>
  `SELECT DISTINCT v, t FROM (${both(...columns[vault], (column) => `, ${column}_TOKEN AS t`)}) ` +
  'WHERE v IS NOT NULL AND t IS NOT NULL';

const customQuery =
  "SELECT UPPER(SSN), SSN_TOKEN, 'a third column' FROM D01_SKYFLOW_POC.SKYFLOW_POC.MBR -- members only\n ; ";
const customSql = `SELECT upper(SSN), SSN_TOKEN FROM ${mbr} WHERE SSN IS NOT NULL AND SSN_TOKEN IS NOT NULL`;

const modes: readonly { query: QueryChoice; expected: (vault: Vault) => string }[] = [
  { query: { mode: 'simple' }, expected: simpleSql },
  { query: { mode: 'union' }, expected: unionSql },
  { query: { mode: 'generic' }, expected: genericSql },
  { query: { mode: 'custom', sql: customQuery }, expected: () => customSql },
];

for (const typed of [false, true]) {
  describe(`the records of a source, columns ${typed ? 'of their own types' : 'as text'}`, () => {
    const sandbox = sandboxFor({ seed: { rows: 900, typed }, results: { inlineRows: 50, chunkRows: 200 } });

    for (const { query, expected } of modes) {
      for (const column of vaults) {
        it(`are in mode ${query.mode} for the ${column} vault the pairs that the tables hold`, async () => {
          const { pairs, skipped, rows } = await readAll(sourceOptions(sandbox(), { column, query }));
          const { rows: wanted } = await sandbox().runSql(expected(column));
          assert.ok(wanted.length > 25);
          assert.deepEqual(multiset(pairs), wanted.map((row) => JSON.stringify(row)).sort());
          assert.equal(rows, pairs.length + skipped.length);
        });
      }
    }
  });
}

describe('the rows of a source', () => {
  const sandbox = sandboxFor({ seed: { rows: 10 } });
  const custom = (sql: string) => sourceOptions(sandbox(), { query: { mode: 'custom', sql } });

  it('that lack a value or a token are skipped, with the reason and their position', async () => {
    const options = custom(
      "SELECT * FROM (VALUES ('a', 't1'), (NULL, 't2'), ('', 't3'), ('b', NULL), ('c', ''), (NULL, NULL), ('d', 't4')) r(v, t)",
    );
    assert.deepEqual(await readAll(options), {
      rows: 7,
      pairs: [
        [0, 'a', 't1'],
        [6, 'd', 't4'],
      ],
      skipped: [
        { position: 1, reason: 'empty_value' },
        { position: 2, reason: 'empty_value' },
        { position: 3, reason: 'empty_token' },
        { position: 4, reason: 'empty_token' },
        { position: 5, reason: 'empty_value' },
      ],
    });
  });

  it('keep quotation marks, spaces, the word NULL and characters of every plane', async () => {
    const value = ` O'Neill "x", \\ NULL\n\u00e9 \u{1F600}`;
    const literal = value.replaceAll('\\', '\\\\').replaceAll("'", "''");
    const { pairs } = await readAll(custom(`SELECT '${literal}', 'NULL'`));
    assert.deepEqual(pairs, [[0, value, 'NULL']]);
  });

  it('may be none at all', async () => {
    const options = custom("SELECT 'a', 'b' WHERE 1 = 0");
    await withSource(options, async (source) => {
      assert.equal((await source.inspect(never)).rows, 0);
      assert.deepEqual(await pairsOf(await source.open(never)), { pairs: [], skipped: [], rows: 0 });
    });
  });

  it('must be text: a number is refused with what to write instead', async () => {
    await assert.rejects(readAll(custom("SELECT 9007199254740993 AS n, 't'")), (error: Error) => {
      assert.match(error.message, /the first column of query .* is of type FIXED, not text/);
      assert.match(String(Reflect.get(error, 'hint')), /TO_VARCHAR\(/);
      return true;
    });
  });

  it('must have two columns', async () => {
    await assert.rejects(readAll(custom("SELECT 'a'")), /has 1 column/);
  });

  it('are asked for with the SQL that can be shown beforehand, tagged with the run', async () => {
    const options = sourceOptions(sandbox(), { query: { mode: 'generic' } });
    await readAll(options);
    const { sql } = querySql(options);
    const asked = sandbox()
      .stats()
      .queries.filter(({ sqlText }) => sqlText === sql);
    assert.deepEqual(
      asked.map(({ tag, submissions }) => [tag, submissions]),
      [[options.runId, 1]],
    );
  });

  it('are asked for in a session that writes values as Snowflake does by itself, whatever the account has set', async () => {
    const options = sourceOptions(sandbox(), { query: { mode: 'generic' }, statementTimeoutSeconds: 777 });
    await readAll(options);
    const { sql } = querySql(options);
    const { queries } = sandbox().stats();
    const load = queries.findLast(({ sqlText }) => sqlText === sql);
    const before = queries
      .slice(
        0,
        queries.findIndex(({ queryId }) => queryId === load?.queryId),
      )
      .filter(({ sessionId, status }) => sessionId === load?.sessionId && status === 'SUCCESS');
    const settings = before.map(({ sqlText }) => sqlText).join(' ');
    for (const setting of [
      `QUERY_TAG = '${options.runId}'`,
      'STATEMENT_TIMEOUT_IN_SECONDS = 777',
      "TIMEZONE = 'UTC'",
      "DATE_OUTPUT_FORMAT = 'YYYY-MM-DD'",
      "TIME_OUTPUT_FORMAT = 'HH24:MI:SS'",
      "TIMESTAMP_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
      "TIMESTAMP_NTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3'",
      "TIMESTAMP_LTZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
      "TIMESTAMP_TZ_OUTPUT_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'",
      'QUOTED_IDENTIFIERS_IGNORE_CASE = FALSE',
    ]) {
      assert.ok(settings.includes(setting), `${setting} is not set before the query: ${settings}`);
    }
  });
});
