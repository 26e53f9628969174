import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, rowsOf, select, withConnection } from './driver.js';
import { SharedSession } from './shared-session.js';
import { ProtocolClient, resultOf } from './protocol.js';

describe('what common clients send to Snowflake: tables and transactions', () => {
  const session = new SharedSession();
  const { run, one } = session;

  it('a table has bare NUMBERs, numbers of its own, and keys that are not enforced', async () => {
    await run(
      'create table "people" ("id" integer not null autoincrement, n number, f float, made timestamp_tz default current_timestamp(), ' +
        "name varchar(20) unique comment 'x', constraint pk primary key (\"id\")) data_retention_time_in_days = 0 comment = 'y'",
    );
    await run(`insert into "people" (n, f, name) values (12345678901234567890, 0.1, 'a'), (1, 2, 'a')`);
    const client = await ProtocolClient.login(session.accessUrl);
    const { rowset, rowtype } = resultOf(
      await client.query('select * from SKYFLOW_DEMO.PUBLIC."people" order by "id"'),
    );
    assert.deepEqual(
      rowset.map((row) => [row[0], row[1], row[2], row[4]]),
      [
        ['1', '12345678901234567890', '0.1', 'a'],
        ['2', '1', '2.0', 'a'],
      ],
    );
    assert.deepEqual(
      rowtype.map(({ name, type }) => `${name} ${type}`),
      ['id fixed', 'N fixed', 'F real', 'MADE timestamp_ltz', 'NAME text'],
    );
    await assert.rejects(run('insert into "people" ("id") values (null)'), { code: '100072' });
    const described = await execute(session.connection, 'describe table "people"');
    assert.deepEqual(
      described.getColumns()?.map((column) => column.getName()),
      'name,type,kind,null?,default,primary key,unique key,check,expression,comment,policy name,privacy domain'.split(
        ',',
      ),
    );
    assert.deepEqual(
      (await rowsOf(described)).map((row) => row.slice(0, 4)),
      [
        ['id', 'NUMBER(38,0)', 'COLUMN', 'N'],
        ['N', 'NUMBER(38,0)', 'COLUMN', 'Y'],
        ['F', 'FLOAT', 'COLUMN', 'Y'],
        ['MADE', 'TIMESTAMP_LTZ(9)', 'COLUMN', 'Y'],
        ['NAME', 'VARCHAR(20)', 'COLUMN', 'Y'],
      ],
    );
    await run('create table copied clone "people"');
    await run('create table empty_one like "people"');
    await run('alter table empty_one add column more number');
    assert.deepEqual(
      [await one('select count(*) from copied'), await one('select count(*) from empty_one')],
      [2, 0],
    );
    for (const table of ['"people"', 'copied', 'empty_one']) await run(`drop table if exists ${table}`);
  });

  it('a temporary table is one session’s, by its short and by its full name', async () => {
    await run('create temporary table scratch (v string)');
    await run("insert into skyflow_demo.public.scratch values ('mine')");
    assert.equal(await one('select s.v from skyflow_demo.public.scratch s'), 'mine');
    assert.equal(await one('select scratch.v from public.scratch'), 'mine');
    await withConnection(session.accessUrl, { database: 'SKYFLOW_DEMO' }, async (other) => {
      await assert.rejects(select(other, 'select * from scratch'), { code: '002003' });
      await assert.rejects(select(other, 'select * from skyflow_demo.public.scratch'), { code: '002003' });
    });
    assert.deepEqual(
      (await run('desc table scratch')).map(([name]) => name),
      ['V'],
    );
    await run('drop table scratch');
    await assert.rejects(run('select * from scratch'), { code: '002003' });
  });

  it('a transaction is seen by others when it is committed, gone when it is rolled back or its session ends', async () => {
    await run('create or replace table kept (v string)');
    await withConnection(session.accessUrl, { database: 'SKYFLOW_DEMO' }, async (writer) => {
      for (const sql of ['begin transaction', "insert into kept values ('a')", 'commit'])
        await select(writer, sql);
      for (const sql of ['begin', "insert into kept values ('b')"]) await select(writer, sql);
      assert.deepEqual(await select(writer, 'select v from kept order by v'), [['a'], ['b']]);
      assert.deepEqual(await run('select v from kept'), [['a']]);
      await select(writer, 'rollback');
      assert.deepEqual(await select(writer, 'select v from kept'), [['a']]);
      for (const sql of ['start transaction', "insert into kept values ('c')"]) await select(writer, sql);
      await select(writer, 'create table made_within (v string)');
    });
    assert.deepEqual(await run('select v from kept order by v'), [['a'], ['c']], 'DDL commits');
    await withConnection(session.accessUrl, { database: 'SKYFLOW_DEMO' }, async (writer) => {
      for (const sql of ['begin', "insert into kept values ('d')"]) await select(writer, sql);
    });
    assert.equal(await one('select count(*) from kept'), 2);
    await assert.rejects(run('alter session set autocommit = false'), /not emulated/);
  });

  it('several statements are run where that was asked for, each a query of its own', async () => {
    const text =
      "create or replace table two (v string); insert into two values (';'), ('b'); select count(*) from two";
    await assert.rejects(run(text), { code: '000008' });
    const statement = await execute(session.connection, text, { parameters: { MULTI_STATEMENT_COUNT: 3 } });
    assert.ok(statement);
    const client = await ProtocolClient.login(session.accessUrl);
    const parameters = { MULTI_STATEMENT_COUNT: 0 };
    const reply = await client.query('select 1; select 2 as b', undefined, { parameters });
    const { resultIds, resultTypes } = reply.data as { resultIds: string; resultTypes: string };
    assert.equal(resultTypes, '4096,4096');
    const second = resultOf(await client.get(`/queries/${resultIds.split(',')[1] ?? ''}/result`));
    assert.deepEqual([second.rowtype[0]?.name, second.rowset], ['B', [['2']]]);
    const fails = await client.query('select 1; select nothing; select 2', undefined, { parameters });
    assert.equal(fails.code, '000904');
    const wrong = await client.query('select 1; select 2', undefined, {
      parameters: { MULTI_STATEMENT_COUNT: 3 },
    });
    assert.equal(wrong.code, '000008');
  });
});
