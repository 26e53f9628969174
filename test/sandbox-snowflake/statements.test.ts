import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { execute, rowsOf, select, withConnection } from './driver.js';
import { SharedSession } from './shared-session.js';
import { type Reply } from './protocol.js';

interface Failure {
  readonly code?: string;
  readonly sqlState?: string;
  readonly message: string;
}

describe('what common clients send to Snowflake: names, SHOW and errors', () => {
  const session = new SharedSession();
  const { run, one, names } = session;

  it('columns are named as Snowflake names them: quoted ones keep their case, an expression is its text', async () => {
    const sql =
      'select id as some_id, id_token, p.ssn, 1 as "lower", count(*) as "count", count(*), upper(\'a\'), max(dob) latest ' +
      'from elevance.public.patients p group by 1, 2, 3';
    assert.deepEqual(await names(sql), [
      ...['SOME_ID', 'ID_TOKEN', 'SSN', 'lower', 'count', 'COUNT(*)', "UPPER('A')", 'LATEST'],
    ]);
    await run('create or replace table "Users" ("id" integer, name string)');
    assert.deepEqual(await names('select * from "Users"'), ['id', 'NAME']);
    assert.deepEqual(await names('select 1 as "One", u.* from "Users" u union select 2, 3, null'), [
      ...['One', 'id', 'NAME'],
    ]);
    assert.deepEqual(await names('insert into "Users" values (1, null)'), ['number of rows inserted']);
    assert.deepEqual(await names('drop table "Users"'), ['status']);
  });

  it('a quoted name is found in its own case alone, an unquoted one in upper case: of columns, tables and schemas', async () => {
    await run('create table "Mixed" ("id" integer, ID integer, "two words" string, "O""Hara" string)');
    await run('insert into "Mixed" ("id", "ID", "two words", "O""Hara") values (1, 2, \'a\', \'b\')');
    const both =
      'select "id", id, "ID", m."id" as "Id", "two words", m."O""Hara" from "Mixed" m where "id" = 1';
    assert.deepEqual(await run(both), [[1, 2, 2, 1, 'a', 'b']]);
    assert.deepEqual(await names(both), ['id', 'ID', 'ID', 'Id', 'two words', 'O"Hara']);
    assert.deepEqual(
      await names('select * from (select "id", "two words" as "Zwei" from "Mixed") order by "Zwei"'),
      [...['id', 'Zwei']],
    );
    await run('create schema "Small"');
    await run('create table skyflow_demo."Small".t (v string) ');
    await run('create table skyflow_demo."Small"."t" as select 1 as "v"');
    assert.deepEqual(
      [await one('select count(*) from "Small".t'), await one('select "v" from SKYFLOW_DEMO."Small"."t"')],
      [0, 1],
    );
    await withConnection(session.accessUrl, { database: 'SKYFLOW_DEMO' }, async (other) => {
      await select(other, 'use schema "Small"');
      assert.deepEqual(await select(other, 'select "v" from "t"'), [[1]]);
      assert.deepEqual(await select(other, `select "v" from identifier('"t"')`), [[1]]);
      assert.deepEqual(
        (await select(other, 'desc table "t"')).map(([name]) => name),
        ['v'],
      );
      await select(other, 'alter session set quoted_identifiers_ignore_case = true');
      assert.deepEqual(
        await select(other, 'select count("ssn") > 90 as "some" from elevance.public."patients"'),
        [[true]],
      );
    });
    for (const where of ['schema "Small"', 'skyflow_demo."Small"', '"Small"']) {
      assert.deepEqual(
        (await run(`show tables in ${where}`)).map((row) => row[1]),
        ['T', 't'],
        where,
      );
    }
    const failures: readonly (readonly [sql: string, code: string, message: RegExp])[] = [
      [
        'select "ssn" from elevance.public.patients',
        '000904',
        /line 1 at position 7\ninvalid identifier '"ssn"'$/,
      ],
      ['select p."Ssn" from elevance.public.patients p', '000904', /\ninvalid identifier 'P\."Ssn"'$/],
      ['select 1 from "mixed"', '002003', /\nObject '"mixed"' does not exist or not authorized\.$/],
      ['select 1 from mixed', '002003', /\nObject 'MIXED' does not exist/],
      [
        'select 1 from skyflow_demo.public."mixed"',
        '002003',
        /\nObject 'SKYFLOW_DEMO\.PUBLIC\."mixed"' does not/,
      ],
      ['select 1 from "skyflow_demo".public.t', '002003', /\nDatabase '"skyflow_demo"' does not exist/],
      ['select 1 from "no table"', '002003', /\nObject '"no table"' does not exist/],
      ['create table "Mixed" (v string)', '002002', /\nObject '"Mixed"' already exists\.$/],
      ['insert into "Mixed" ("Id") values (1)', '000904', /invalid identifier '"Id"'$/],
      ['select "upper"(\'a\')', '002140', /\nUnknown function "upper"$/],
      ['desc table "mixed"', '002003', /\nTable 'SKYFLOW_DEMO\.PUBLIC\."mixed"' does not exist/],
      ['use schema small', '002043', /Object does not exist/],
      ['select "v" from small."t"', '002003', /does not exist or not authorized/],
    ];
    for (const [sql, code, message] of failures) {
      await assert.rejects(run(sql), (error: Failure) => {
        assert.equal(error.code, code, `${sql}: ${error.message}`);
        assert.match(error.message, message, sql);
        return true;
      });
    }
    await run('drop table "Mixed"');
    await run('drop schema "Small" cascade');
  });

  it('SHOW tells of parameters, warehouses, databases, schemas and tables; another SHOW is not emulated', async () => {
    await run("alter session set timezone = 'UTC'");
    const shown = async (sql: string, column: string): Promise<unknown[]> => {
      const statement = await execute(session.connection, sql);
      const at = (statement.getColumns() ?? []).findIndex((each) => each.getName() === column);
      return (await rowsOf(statement)).map((row) => row[at]);
    };
    assert.deepEqual(await shown("show parameters like 'TIMEZONE' in session", 'value'), ['UTC']);
    assert.deepEqual(await shown('show warehouses', 'name'), ['SANDBOX_WH']);
    assert.deepEqual(await shown('show databases', 'name'), [
      ...['CLINIC', 'D01_SKYFLOW_POC', 'ELEVANCE', 'SKYFLOW_DEMO', 'T01_PROTEGRITY'],
    ]);
    assert.ok((await shown('show schemas in database clinic', 'name')).includes('PUBLIC'));
    assert.deepEqual(await shown("show tables like 'm%' in d01_skyflow_poc.skyflow_poc", 'name'), ['MBR']);
    await assert.rejects(run('show pipes'), /^.*not emulated: SHOW PIPES/);
  });

  it('errors are Snowflake’s, in its words, and none of the engine’s', async () => {
    const failures: readonly (readonly [sql: string, code: string, message: RegExp])[] = [
      ['select 1 from nowhere', '002003', /\nObject 'NOWHERE' does not exist or not authorized\.$/],
      ['select 1 from no.where.at_all', '002003', /\nDatabase 'NO' does not exist or not authorized\.$/],
      ['select 1 from memory.main.t', '002003', /\nDatabase 'MEMORY' does not exist/],
      ['selec 1', '001003', /\nsyntax error line 1 at position 0 unexpected 'SELEC'\.$/],
      ['select (1', '001003', /unexpected '<EOF>'\.$/],
      ['select\n nothing from kept', '000904', /error line 2 at position 1\ninvalid identifier 'NOTHING'$/],
      ['select k.q from kept k', '000904', /line 1 at position 7\ninvalid identifier 'K\.Q'$/],
      ['select nope(1)', '002140', /\nUnknown function NOPE$/],
      ['select upper(1, 2, 3)', '001044', /Invalid argument types for function 'UPPER'$/],
      ["select 'x'::integer", '100038', /^Numeric value 'x' is not recognized$/],
      ["select 'x'::number", '100038', /^Numeric value 'x' is not recognized$/],
      ["select 'x'::date", '100040', /^Date 'x' is not recognized$/],
      ["select 'x'::timestamp_ntz", '100035', /^Timestamp 'x' is not recognized$/],
      ["select 'x'::boolean", '100037', /^Boolean value 'x' is not recognized$/],
      ['select 12345::number(3, 0)', '100039', /^Numeric value '12345' is out of range$/],
      ['create table kept (v string)', '002002', /\nObject 'KEPT' already exists\.$/],
      ['insert into kept values (1, 2)', '002020', /expecting 1 but got 2$/],
      ['select v from kept a, kept b', '002028', /ambiguous column name 'V'$/],
      ['select v, count(*) from kept', '000979', /\[V\] is not a valid group by expression$/],
      ['merge into kept using kept k on false when matched then delete', '000002', /^not emulated: MERGE$/],
      ['create sequence s', '000002', /^not emulated: CREATE SEQUENCE$/],
      ['call something()', '000002', /^not emulated: CALL$/],
      ["select object_construct('a', 1)", '000002', /^not emulated: OBJECT_CONSTRUCT$/],
      ['select * from information_schema.pipes', '000002', /^not emulated: INFORMATION_SCHEMA\.PIPES$/],
      [
        'alter table kept add column a number, b number',
        '000002',
        /^not emulated: ALTER TABLE of several columns/,
      ],
      ['use warehouse nowhere', '002043', /Object does not exist, or operation cannot be performed/],
      ['use database memory', '002043', /Object does not exist/],
    ];
    await run('create table if not exists kept (v string)');
    for (const [sql, code, message] of failures) {
      await assert.rejects(run(sql), (error: Failure) => {
        assert.equal(error.code, code, `${sql}: ${error.message}`);
        assert.match(error.message, message, sql);
        assert.doesNotMatch(error.message, /(Binder|Catalog|Parser|Conversion) Error|Did you mean|DuckDB/i);
        return true;
      });
    }
  });

  it('what a login names and there is not is refused where the client asks for that, and missed later where it does not', async () => {
    // As gosnowflake asks; the Node driver does not.
    const logIn = async (url: string, names: string, account = 'sandbox'): Promise<Response> => {
      const who = { ACCOUNT_NAME: account, LOGIN_NAME: 'LOADER', PASSWORD: 'sandbox-password' };
      const data = { ...who, SESSION_PARAMETERS: { CLIENT_VALIDATE_DEFAULT_PARAMETERS: true } };
      const path = `/session/v1/login-request?${names}`;
      return fetch(url + path, { method: 'POST', body: JSON.stringify({ data }) });
    };
    const asked = {
      database: 'databaseName=nowhere',
      schema: 'databaseName=clinic&schemaName=nowhere',
      warehouse: 'databaseName=clinic&warehouse=nowhere',
    };
    for (const [what, strict] of Object.entries(asked)) {
      const { code, message, success } = (await (await logIn(session.accessUrl, strict)).json()) as Reply;
      assert.deepEqual(
        [code, message, success],
        ['390201', `The requested ${what} does not exist or not authorized.`, false],
      );
    }
    const there = await logIn(session.accessUrl, 'databaseName=clinic&schemaName=public&warehouse=wh');
    assert.equal(((await there.json()) as Reply).success, true);
    const missed = {
      '090105': [
        { database: 'NOWHERE' },
        /^Cannot perform SELECT\. This session does not have a current database\./,
      ],
      '090106': [
        { schema: 'NOWHERE' },
        /^Cannot perform SELECT\. This session does not have a current schema\./,
      ],
      '000606': [{ warehouse: 'NOWHERE' }, /^No active warehouse selected in the current session\./],
    } as const;
    for (const [code, [options, message]] of Object.entries(missed)) {
      await withConnection(session.accessUrl, options, async (later) => {
        await assert.rejects(select(later, 'select * from patients'), { code, message });
      });
    }
    const other = await startSnowflakeSandbox({ seed: { rows: 1 }, accounts: ['ORG-KNOWN'] });
    try {
      await withConnection(other.accessUrl, { account: 'org-known' }, (known) => select(known, 'select 1'));
      assert.equal((await logIn(other.accessUrl, '')).status, 403);
    } finally {
      await other.close();
    }
  });
});
