import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildQuery, type QueryRequest } from '../../src/source/snowflake/build-query.js';
import { ExpiryWatch, forecastExpiry } from '../../src/source/snowflake/expiry-watch.js';
import { sqlIdentifier, sqlLiteral, sqlTable } from '../../src/source/snowflake/identifiers.js';
import type { QueryChoice } from '../../src/source/snowflake/snowflake-options.js';
import {
  createSnapshotSql,
  readSnapshotSql,
  snapshotTableName,
} from '../../src/source/snowflake/snapshot-table.js';

const build = (column: string, query: QueryChoice, more: Partial<QueryRequest> = {}) =>
  buildQuery({ vaultName: column.toUpperCase(), column, query, database: 'DB', schema: 'PUBLIC', ...more });
const oneLine = (sql: string) => sql.replace(/\s+/g, ' ');

describe('the SQL of a vault', () => {
  it('in mode simple is that of the loader being replaced', () => {
    assert.equal(
      oneLine(build('name', { mode: 'simple' }).sql),
      'SELECT DISTINCT UPPER(full_name) AS full_name, full_name_token FROM ELEVANCE.PUBLIC.PATIENTS ' +
        'WHERE full_name IS NOT NULL AND full_name_token IS NOT NULL',
    );
    for (const column of ['id', 'dob', 'ssn']) {
      assert.equal(
        oneLine(build(column, { mode: 'simple', table: 'T' }).sql),
        `SELECT DISTINCT TO_VARCHAR(${column}) AS ${column}, ${column}_token FROM DB.PUBLIC.T ` +
          `WHERE ${column} IS NOT NULL AND ${column}_token IS NOT NULL`,
      );
    }
  });

  it('in mode union unites the columns of both tables and asks the UDF for the tokens', () => {
    const poc = { database: 'D01_SKYFLOW_POC', schema: 'SKYFLOW_POC' };
    const { sql, tables } = build('ssn', { mode: 'union' }, poc);
    assert.equal(
      oneLine(sql),
      'SELECT TO_VARCHAR(DT.SSN) AS SSN, T01_PROTEGRITY.SCRTY_ACS_CNTRL.SKFL_SSN_DETOK(DT.SSN) AS ssn_token FROM ( ' +
        'SELECT SRC_MBR_SSN AS SSN FROM D01_SKYFLOW_POC.SKYFLOW_POC.CLM GROUP BY 1 UNION ' +
        'SELECT SSN AS SSN FROM D01_SKYFLOW_POC.SKYFLOW_POC.MBR GROUP BY 1 ) DT GROUP BY 1, 2',
    );
    assert.deepEqual(tables, ['D01_SKYFLOW_POC.SKYFLOW_POC.CLM', 'D01_SKYFLOW_POC.SKYFLOW_POC.MBR']);
    assert.equal(build('name', { mode: 'union' }, poc).sql.match(/ AS NAME FROM /g)?.length, 6);
    assert.match(
      build('id', { mode: 'union', udf_database: 'U', udf_schema: 'S' }).sql,
      / U\.S\.SKFL_MBR_IDENTIFIERS_DETOK\(/,
    );
  });

  it('in mode generic reads the token beside each value, from tables of any name', () => {
    assert.equal(
      oneLine(
        build('dob', { mode: 'generic', clm_table: 'OTHER.CLAIMS', mbr_table: '"My Db".x.members' }).sql,
      ),
      'SELECT DT.BRTH_DT, DT.dob_token FROM ( ' +
        'SELECT TO_VARCHAR(SRC_MBR_BRTH_DT) AS BRTH_DT, SRC_MBR_BRTH_DT_TOKEN AS dob_token FROM DB.OTHER.CLAIMS GROUP BY 1, 2 UNION ' +
        'SELECT TO_VARCHAR(BRTH_DT) AS BRTH_DT, BRTH_DT_TOKEN AS dob_token FROM "My Db".x.members GROUP BY 1, 2 ' +
        ') DT GROUP BY 1, 2',
    );
  });

  it('in mode custom is its own, without the semicolon, and only a query', () => {
    const sql = '-- comment\nWITH x AS (SELECT 1)\nSELECT v, t FROM x ;\n';
    assert.equal(
      build('any', { mode: 'custom', sql }).sql,
      '-- comment\nWITH x AS (SELECT 1)\nSELECT v, t FROM x',
    );
    for (const bad of [undefined, ' ; ', 'DELETE FROM t', '/* SELECT */ DROP TABLE t', '-- SELECT']) {
      assert.throws(() => build('any', { mode: 'custom', sql: bad }), { code: 'config' });
    }
  });

  it('of a column that a mode does not know is a configuration error that names the mode to use', () => {
    assert.throws(() => build('email', { mode: 'union' }), { code: 'config', message: /column "email"/ });
    assert.throws(() => build('constructor', { mode: 'generic' }), { code: 'config' });
    assert.match(build('email', { mode: 'simple' }).sql, /TO_VARCHAR\(email\) AS email, email_token/);
  });
});

describe('a name in SQL', () => {
  it('is quoted only where it has to be', () => {
    const names = {
      abc: 'abc',
      A$1: 'A$1',
      _x: '_x',
      'my-db': '"my-db"',
      '1a': '"1a"',
      order: '"ORDER"',
      'a"b': '"a""b"',
    };
    for (const [name, sql] of Object.entries(names)) assert.equal(sqlIdentifier(name, 'x'), sql);
  });

  it('that is none is refused', () => {
    const place = { database: 'DB', schema: 'S' };
    for (const name of ['', '.', 'a..b', 'a.b.c.d', '"a', 'a"b', '""', 'a\nb', 'x'.repeat(256), '"a"b']) {
      assert.throws(() => sqlTable(name, place, 'table'), { code: 'config' }, name);
    }
  });

  it('stays one name whatever it contains: nothing of it is read as SQL', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }), (name) => {
        let sql: string;
        try {
          sql = sqlTable(name, { database: 'DB', schema: 'S' }, 'table');
        } catch {
          return;
        }
        // What remains when every quoted part is taken out has no character that means anything but a name.
        assert.match(sql.replace(/"(?:[^"]|"")+"/g, 'q'), /^[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){2}$/);
      }),
    );
  });

  it('and a text as a literal cannot end it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", '\\', 'a', ';') }), (text) => {
        const inner = sqlLiteral(text).slice(1, -1);
        assert.doesNotMatch(inner.replace(/''|\\\\/g, ''), /['\\]/);
      }),
    );
  });
});

describe('the snapshot table', () => {
  const choice = {
    runId: '20250101T000000Z-ab12',
    vaultName: 'NAME-1',
    database: 'DB',
    schema: 'S',
    attempt: '0f',
  };

  it('is named after run, vault and attempt, in the scratch schema', () => {
    const own = 'SKYFLOW_SUPERVISE_20250101T000000Z_AB12_NAME_1_0F';
    assert.equal(snapshotTableName(choice), `DB.S.${own}`);
    assert.equal(snapshotTableName({ ...choice, scratchSchema: 'TMP' }), `DB.TMP.${own}`);
    assert.equal(snapshotTableName({ ...choice, scratchSchema: 'OTHER."my tmp"' }), `OTHER."my tmp".${own}`);
    assert.throws(() => snapshotTableName({ ...choice, scratchSchema: 'a.b.c' }), { code: 'config' });
  });

  it('numbers the pairs in a fixed order and is read by ranges of those numbers', () => {
    const sql = oneLine(createSnapshotSql('T', 'SELECT a, b, c FROM x -- end', 3));
    assert.equal(
      sql,
      'CREATE TRANSIENT TABLE T DATA_RETENTION_TIME_IN_DAYS = 0 AS WITH pairs (value, token, column_3) AS ( ' +
        'SELECT a, b, c FROM x -- end ) SELECT ROW_NUMBER() OVER (ORDER BY value, token) - 1 AS rn, value, token FROM pairs',
    );
    assert.equal(
      readSnapshotSql('T', 5, 9),
      'SELECT value, token FROM T WHERE rn >= 5 AND rn < 9 ORDER BY rn',
    );
  });
});

describe('the forecast of a result that is kept for 24 hours', () => {
  const hourMs = 3_600_000;

  it('is in time up to 20 hours, at risk up to 24, and hopeless beyond', () => {
    assert.equal(forecastExpiry(1_000, 1_000 * 3_600 * 20, 0).verdict, 'in_time');
    assert.equal(forecastExpiry(1_000, 1_000 * 3_600 * 20, hourMs).verdict, 'at_risk');
    assert.equal(forecastExpiry(1_000, 1_000 * 3_600 * 20, 5 * hourMs).verdict, 'hopeless');
    assert.equal(forecastExpiry(0, 1, 0).verdict, 'hopeless');
    assert.equal(forecastExpiry(0, 0, 23 * hourMs).verdict, 'in_time');
  });

  it('warns of a slow load once it has been measured, and again when it becomes hopeless', () => {
    const notices: string[] = [];
    let nowMs = 0;
    const watch = new ExpiryWatch({
      vaultName: 'X',
      submittedAtMs: 0,
      onNotice: (text) => notices.push(text),
      nowMs: () => nowMs,
    });
    const load = (rowsPerSecond: number, rowsLeft: number) => {
      nowMs += 600_000;
      watch.read(rowsPerSecond * 600, rowsLeft);
    };
    watch.read(0, 1e9);
    assert.deepEqual(notices, []);
    load(1_000, 1_000 * 3_600 * 10);
    assert.deepEqual(notices, []);
    load(1_000, 1_000 * 3_600 * 22);
    load(1_000, 1_000 * 3_600 * 22);
    assert.equal(notices.length, 1);
    load(10, 1_000 * 3_600 * 22);
    load(10, 1_000 * 3_600 * 22);
    assert.equal(notices.length, 2);
    assert.match(notices.join(), /not all of them will be read/);
  });
});
