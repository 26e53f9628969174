import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { execute, multiset, select, withConnection } from './driver.js';

const simple = {
  name: ['UPPER(full_name)', 'full_name'],
  id: ['TO_VARCHAR(id)', 'id'],
  dob: ['TO_VARCHAR(dob)', 'dob'],
  ssn: ['TO_VARCHAR(ssn)', 'ssn'],
} as const;

const union = {
  name: {
    output: 'NAME',
    udf: 'SKFL_MBR_NAME_DETOK',
    clm: ['SRC_MBR_FRST_NM', 'SRC_MBR_LAST_NM', 'SRC_MBR_MID_INIT_NM'],
    mbr: ['FRST_NM', 'LAST_NM', 'MID_INIT_NM'],
  },
  id: {
    output: 'ID',
    udf: 'SKFL_MBR_IDENTIFIERS_DETOK',
    clm: ['SRC_ENRLMNT_ID', 'SRC_HC_ID', 'SRC_SBSCRBR_ID'],
    mbr: ['SRC_ENRLMNT_ID', 'HC_ID', 'SBSCRBR_ID'],
  },
  dob: { output: 'BRTH_DT', udf: 'SKFL_BIRTHDATE_DETOK', clm: ['SRC_MBR_BRTH_DT'], mbr: ['BRTH_DT'] },
  ssn: { output: 'SSN', udf: 'SKFL_SSN_DETOK', clm: ['SRC_MBR_SSN'], mbr: ['SSN'] },
};

const tables = { clm: 'D01_SKYFLOW_POC.SKYFLOW_POC.CLM', mbr: 'D01_SKYFLOW_POC.SKYFLOW_POC.MBR' } as const;

const simpleSql = ([value, column]: readonly [string, string]) =>
  `SELECT DISTINCT ${value} AS ${column}, ${column}_token FROM ELEVANCE.PUBLIC.PATIENTS ` +
  `WHERE ${column} IS NOT NULL AND ${column}_token IS NOT NULL`;

function branches({ output, clm, mbr }: (typeof union)[keyof typeof union], withToken: boolean): string {
  return Object.entries({ clm, mbr })
    .flatMap(([table, columns]) =>
      columns.map((column) => ({ table: tables[table as 'clm' | 'mbr'], column })),
    )
    .map(({ table, column }) =>
      withToken
        ? `SELECT ${column} AS ${output}, ${column}_TOKEN AS TOKEN FROM ${table} GROUP BY 1, 2`
        : `SELECT ${column} AS ${output} FROM ${table} GROUP BY 1`,
    )
    .join(' UNION ');
}

const unionSql = (vault: keyof typeof union) =>
  `SELECT ${union[vault].output}, T01_PROTEGRITY.SCRTY_ACS_CNTRL.${union[vault].udf}(${union[vault].output}) AS ${vault}_token ` +
  `FROM (${branches(union[vault], false)}) DT GROUP BY 1, 2`;

const genericSql = (vault: keyof typeof union) =>
  `SELECT ${union[vault].output}, TOKEN AS ${vault}_token FROM (${branches(union[vault], true)}) DT GROUP BY 1, 2`;

describe('the queries of the four modes', () => {
  let sandbox: SnowflakeSandbox;

  before(async () => {
    sandbox = await startSnowflakeSandbox({ seed: { rows: 1000 }, results: { chunkRows: 300 } });
  });
  after(() => sandbox.close());

  const vaults = ['name', 'id', 'dob', 'ssn'] as const;
  const modes = {
    simple: (vault: (typeof vaults)[number]) => simpleSql(simple[vault]),
    union: unionSql,
    generic: genericSql,
  };
  for (const [mode, sqlFor] of Object.entries(modes)) {
    for (const vault of vaults) {
      it(`${mode} mode gives the ${vault} vault distinct pairs, the same ones as the engine itself`, async () => {
        const rows = await withConnection(sandbox.accessUrl, {}, (it) => select(it, sqlFor(vault)));
        const expected = multiset((await sandbox.runSql(sqlFor(vault))).rows);
        assert.ok(expected.length > 50);
        assert.equal(new Set(expected).size, expected.length);
        assert.deepEqual(multiset(rows), expected);
      });
    }
  }

  it('has duplicates and NULLs that DISTINCT, UNION and the filters take away', async () => {
    const counts = async (sql: string) => Number((await sandbox.runSql(sql)).rows[0]?.[0]);
    assert.equal(await counts('SELECT count(*) FROM ELEVANCE.PUBLIC.PATIENTS'), 1000);
    assert.ok((await counts('SELECT count(*) FROM ELEVANCE.PUBLIC.PATIENTS WHERE ssn IS NULL')) > 0);
    const all = await counts('SELECT count(ssn) FROM ELEVANCE.PUBLIC.PATIENTS');
    assert.ok((await counts('SELECT count(DISTINCT ssn) FROM ELEVANCE.PUBLIC.PATIENTS')) < all);
    const both = `SELECT count(*) FROM (SELECT SRC_MBR_SSN FROM ${tables.clm} INTERSECT SELECT SSN FROM ${tables.mbr})`;
    assert.ok((await counts(both)) > 100);
  });

  it('has NULLs in CLM and MBR only when they are asked for: a loader that reads them unfiltered ends at one', async () => {
    const nulls = async (from: SnowflakeSandbox) => {
      const found: number[] = [];
      for (const vault of vaults) {
        for (const sql of [unionSql(vault), genericSql(vault)]) {
          const { rows } = await from.runSql(sql);
          found.push(rows.filter((row) => row.includes(null)).length);
        }
      }
      return found;
    };
    assert.deepEqual(new Set(await nulls(sandbox)), new Set([0]));
    const other = await startSnowflakeSandbox({ seed: { rows: 1000, nulls: true } });
    try {
      assert.ok((await nulls(other)).every((count) => count > 0));
    } finally {
      await other.close();
    }
  });

  it('gives the UDF and the token column of a value the same token', async () => {
    const sql =
      'SELECT count(*) FROM D01_SKYFLOW_POC.SKYFLOW_POC.MBR WHERE SSN_TOKEN <> T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK(SSN)';
    assert.deepEqual(
      (await sandbox.runSql(sql)).rows.map(([count]) => Number(count)),
      [0],
    );
  });

  it('runs a custom query of its own over names that the session gives', async () => {
    const rows = await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(connection, 'USE SCHEMA D01_SKYFLOW_POC.SKYFLOW_POC');
      return select(
        connection,
        "SELECT IFF(SSN IS NULL, 'none', SSN) AS v, NVL(SSN_TOKEN, 'none') AS t FROM MBR -- all",
      );
    });
    assert.equal(rows.length, 1000);
    assert.ok(rows.every((row) => !row.includes(null)));
  });

  it('keeps a snapshot of a query in a transient table that is read by row number and dropped', async () => {
    const table = 'SKYFLOW_DEMO.PUBLIC.SNAPSHOT_1';
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(
        connection,
        `CREATE TRANSIENT TABLE ${table} DATA_RETENTION_TIME_IN_DAYS = 0 AS ` +
          'SELECT ROW_NUMBER() OVER (ORDER BY SSN, ssn_token) - 1 AS rn, SSN AS value, ssn_token AS token ' +
          `FROM (${unionSql('ssn')})`,
      );
      const total = (await select(connection, `SELECT COUNT(*) FROM ${table}`))[0]?.[0];
      const range = (start: number, end: number) =>
        select(
          connection,
          `SELECT rn, value, token FROM ${table} WHERE rn >= ${start} AND rn < ${end} ORDER BY rn`,
        );
      const rows = [...(await range(0, 777)), ...(await range(777, 100_000))];
      assert.deepEqual(
        rows.map(([rn]) => rn),
        Array.from({ length: Number(total) }, (_unused, index) => index),
      );
      assert.deepEqual(
        multiset(rows.map(([, value, token]) => [value, token])),
        multiset((await sandbox.runSql(unionSql('ssn'))).rows),
      );
      await select(connection, `DROP TABLE ${table}`);
      await assert.rejects(select(connection, `SELECT 1 FROM ${table}`), { code: '002003' });
    });
  });

  it('inserts many rows at once, by bind variables and by array binding, and empties the table again', async () => {
    const table = 'SKYFLOW_DEMO.PUBLIC.GENERATED';
    const awkward = ["O'Neill \\n -- ; ?", null];
    const values = Array.from({ length: 2000 }, (_unused, index) => [`value ${index}`, `tok_${index}`]);
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(connection, `CREATE TABLE IF NOT EXISTS ${table} (v STRING, t VARCHAR(100))`);
      const rows = [awkward, ...values];
      const placeholders = rows.map(() => '(?, ?)').join(', ');
      const inserted = await execute(connection, `INSERT INTO ${table} (v, t) VALUES ${placeholders}`, {
        binds: rows.flat(),
      });
      assert.equal(inserted.getNumUpdatedRows(), 2001);
      const bulk = await execute(connection, `INSERT INTO ${table} (v, t) VALUES (?, ?)`, { binds: rows });
      assert.equal(bulk.getNumUpdatedRows(), 2001);
      assert.deepEqual(
        multiset(await select(connection, `SELECT v, t FROM ${table}`)),
        multiset([...rows, ...rows]),
      );
      await select(connection, `TRUNCATE TABLE ${table}`);
      assert.deepEqual(await select(connection, `SELECT COUNT(*) FROM ${table}`), [[0]]);
    });
  });

  it('takes more array bindings than the driver would send through a stage, which the sandbox has not', async () => {
    const table = 'SKYFLOW_DEMO.PUBLIC.MANY';
    const rows = Array.from({ length: 33_000 }, (_unused, index) => [`v${index}`, `t${index}`]);
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(connection, `CREATE TABLE ${table} (v STRING, t STRING)`);
      await execute(connection, `INSERT INTO ${table} VALUES (?, ?)`, { binds: rows });
    });
    const count = (await sandbox.runSql(`SELECT count(DISTINCT v || t)::INTEGER FROM ${table}`)).rows;
    assert.deepEqual(count, [[33_000]]);
  });

  it('contains conflicting pairs when they are asked for, and none otherwise', async () => {
    const conflicts = (one: string, other: string) =>
      `SELECT count(*) FROM (SELECT ${one} FROM ELEVANCE.PUBLIC.PATIENTS WHERE ${one} IS NOT NULL AND ${other} IS NOT NULL ` +
      `GROUP BY 1 HAVING count(DISTINCT ${other}) > 1)`;
    const count = async (from: SnowflakeSandbox, sql: string) =>
      Number((await from.runSql(sql)).rows[0]?.[0]);
    assert.equal(await count(sandbox, conflicts('SSN', 'SSN_TOKEN')), 0);
    const other = await startSnowflakeSandbox({ seed: { rows: 500, conflictingPairs: 7 } });
    try {
      assert.ok(((await count(other, conflicts('SSN', 'SSN_TOKEN'))) || 0) >= 6);
      assert.ok((await count(other, conflicts('SSN_TOKEN', 'SSN'))) >= 6);
    } finally {
      await other.close();
    }
  });

  it('makes the same rows from the same seed and others from another', async () => {
    const sql = 'SELECT * FROM ELEVANCE.PUBLIC.PATIENTS';
    const seeded = async (seed: number) => {
      const other = await startSnowflakeSandbox({ seed: { rows: 1000, seed } });
      try {
        return multiset((await other.runSql(sql)).rows);
      } finally {
        await other.close();
      }
    };
    const mine = multiset((await sandbox.runSql(sql)).rows);
    assert.deepEqual(await seeded(1), mine);
    assert.notDeepEqual(await seeded(2), mine);
  });
});
