import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute } from './driver.js';
import { SharedSession } from './shared-session.js';
import { ProtocolClient, resultOf } from './protocol.js';

describe('what common clients send to Snowflake: values and functions', () => {
  const session = new SharedSession();
  const { run, one } = session;

  it('a text is no longer than its column says, and is cut by a cast', async () => {
    await run(
      'create table sized (v varchar(5), "w" string(3), c char, free text, x char varying(4) not null)',
    );
    await run(`insert into sized values ('äbcde', 'abc', 'a', repeat('x', 500), '')`);
    const tooLong = (text: string) => ({
      code: '100078',
      sqlState: '22000',
      message: `String '${text}' is too long and would be truncated`,
    });
    const refused: readonly (readonly [sql: string, text: string])[] = [
      [`insert into sized values ('abcdef', 'abc', 'a', '', '')`, 'abcdef'],
      [`insert into sized ("w", x) values ('abc', ''), ('it''s', '')`, "it's"],
      [`insert into sized (c, x) select 'ab', ''`, 'ab'],
      [`insert into sized (x) values ('12345')`, '12345'],
      [`update sized set v = v || 'f'`, 'äbcdef'],
    ];
    for (const [sql, text] of refused) await assert.rejects(run(sql), tooLong(text), sql);
    const binds = [
      ['a', 'b'],
      ['abcdef', ''],
    ];
    await assert.rejects(
      execute(session.connection, 'insert into sized (v, x) values (?, ?)', { binds }),
      tooLong('abcdef'),
    );
    assert.deepEqual(await run('select v, "w", c, length(free), x from sized'), [
      ['äbcde', 'abc', 'a', 500, ''],
    ]);
    const types = async (table: string) =>
      (await run(`describe table ${table}`)).map(([name, type]) => [name, type]);
    const described = [
      ...[
        ['V', 'VARCHAR(5)'],
        ['w', 'VARCHAR(3)'],
        ['C', 'VARCHAR(1)'],
        ['FREE', 'VARCHAR(16777216)'],
      ],
      ['X', 'VARCHAR(4)'],
    ];
    assert.deepEqual(await types('sized'), described);
    await run('create table sized_like like sized');
    await run('create temporary table sized_clone clone sized');
    await run("alter table sized_like add column added varchar(2) default 'ab'");
    assert.deepEqual(await types('sized_like'), [...described, ['ADDED', 'VARCHAR(2)']]);
    assert.deepEqual(await types('sized_clone'), described);
    await assert.rejects(run(`insert into sized_clone (v, x) values ('abcdef', '')`), tooLong('abcdef'));
    await assert.rejects(run(`insert into sized_like (added, x) values ('abc', '')`), tooLong('abc'));
    await run(`insert into sized_like (x) values ('')`);
    assert.deepEqual(await run('select x, added from sized_like'), [['', 'ab']]);
    const cast =
      "select 'abcdef'::varchar(3), cast(12345 as varchar(2)), upper('abc')::char(2), ('a' || 'bc')::string(2), v::varchar(2)::text, " +
      "case when true then 'abc' end::varchar(1), sized.\"w\"::varchar(1), '2020-01-02'::date::varchar(4) from sized where (v)::varchar(1) = 'ä'";
    assert.deepEqual(await run(cast), [['abc', '12', 'AB', 'ab', 'äb', 'a', 'a', '2020']]);
    await run(`create or replace table sized_like (v varchar(2), n number) as select 'ab', 1`);
    assert.equal(await one('select v from sized_like'), 'ab');
    await assert.rejects(run(`insert into sized_like values ('abc', 1)`), tooLong('abc'));
    for (const sql of [
      'alter table sized alter column free set data type varchar(10)',
      'create table never (b binary(4))',
      'create table never (t timestamp_ntz(3))',
    ]) {
      await assert.rejects(run(sql), { code: '000002', message: /^not emulated: / }, sql);
    }
    for (const table of ['sized', 'sized_like', 'sized_clone']) await run(`drop table ${table}`);
  });

  it('quotients are exact numbers with six more digits, and nothing is divided by zero', async () => {
    const client = await ProtocolClient.login(session.accessUrl);
    const { rowset, rowtype } = resultOf(
      await client.query('select 7/2, 1.50::number(10, 2) / 3, 7::float / 2, div0(1, 0), mod(7, 4), 10 % 4'),
    );
    assert.deepEqual(rowset, [['3.500000', '0.50000000', '3.5', '0.000000', '3', '2']]);
    assert.deepEqual(
      rowtype.map(({ type }) => type),
      ['fixed', 'fixed', 'real', 'fixed', 'fixed', 'fixed'],
    );
    for (const sql of ['select 1/0', 'select 1::float / 0', 'select 5 % 0', 'select mod(5, 0)']) {
      await assert.rejects(run(sql), { code: '100051', sqlState: '22012', message: 'Division by zero' });
    }
  });

  it('a column is named again in the same SELECT, whatever it could fail with', async () => {
    const client = await ProtocolClient.login(session.accessUrl);
    const { rowset } = resultOf(
      await client.query(
        "select to_varchar(12.5) as v, v || 'a', 7/2 as q, q + 1, 7 % 4 as r, r + 1, sha2('x', 256) as h, length(h), '2024-05-06'::date::varchar as d, d || 'T' where v = '12.5'",
      ),
    );
    assert.equal(rowset.length, 1);
    const [, text, , quotient, , rest, , length, , date] = rowset[0] ?? [];
    assert.deepEqual([text, Number(quotient), rest, length, date], ['12.5a', 4.5, '4', '64', '2024-05-06T']);
  });

  it('bound dates and timestamps are dates and timestamps, to the microsecond', async () => {
    const client = await ProtocolClient.login(session.accessUrl);
    const bindings = {
      1: { type: 'TIMESTAMP_NTZ', value: '1577934245000001000' },
      2: { type: 'DATE', value: '-86400000' },
      3: { type: 'TIMESTAMP_LTZ', value: '-500000000' },
      4: { type: 'TIME', value: '3661000000000' },
      5: { type: 'TIMESTAMP_TZ', value: '1577934245000000000 1440' },
    };
    const { rowset, rowtype } = resultOf(await client.query('select ?, ?, ?, ?, ?', undefined, { bindings }));
    assert.deepEqual(
      rowtype.map(({ type }) => type),
      ['timestamp_ntz', 'date', 'timestamp_ltz', 'time', 'timestamp_ltz'],
    );
    assert.deepEqual(rowset, [
      ['1577934245.000001000', '-1', '-0.500000000', '3661.000000000', '1577934245.000000000'],
    ]);
    const finer = { bindings: { 1: { type: 'TIMESTAMP_NTZ', value: '1577934245000000001' } } };
    assert.match((await client.query('select ?', undefined, finer)).message ?? '', /^not emulated: /);
    const elsewhere = { bindings: { 1: { type: 'TIMESTAMP_TZ', value: '1577934245000000000 1740' } } };
    assert.match((await client.query('select ?', undefined, elsewhere)).message ?? '', /^not emulated: /);
  });

  it('functions and clauses of Snowflake give what Snowflake gives', async () => {
    const expected: Readonly<Record<string, unknown>> = {
      "select count(*) from identifier('elevance.public.patients')": 100,
      "select to_varchar(dateadd(day, 1, '2020-02-28'::date))": '2020-02-29',
      "select to_varchar(dateadd('month', -1, to_date('2020-03-31')))": '2020-02-29',
      "select datediff(hour, '2020-01-01 00:59:00', '2020-01-01 03:00:00')": 3,
      "select to_varchar(date_trunc(month, '2020-02-28'::date))": '2020-02-01',
      "select listagg(x, ',') within group (order by x desc) from (values ('a'), ('b')) v(x)": 'b,a',
      "select listagg(x) from (values ('a')) v(x) where x = 'z'": '',
      'select div0null(1, null)': 0,
      [`select parse_json('{"Aa": {"b": [1, "x"]}}'):Aa.b[1]::string`]: 'x',
      [`select parse_json('{"Aa": {"b": [1, "xy"]}}'):Aa.b[1]::varchar(1)`]: 'x',
      [`select v.j:a::number + 1 from (select parse_json('{"a": 41}') j) v`]: 42,
      'select count(*) from (select top 7 id from elevance.public.patients)': 7,
      'select count(*) from (select * from elevance.public.patients sample (5 rows))': 5,
      'select count(*) from elevance.public.patients sample (100)': 100,
      'select count(*) from (select 1 union all select 2 minus select 2)': 1,
      'select current_timestamp() >= dateadd(minute, -5, current_timestamp)': true,
      'select datediff(day, current_date(), sysdate()::date)': 0,
      'select current_session() is not null': true,
      'select column2 from values (1, 2), (3, 4) where $1 = 3': 4,
      "select v.$1 from (values ('a')) as v": 'a',
      "select count(*) from clinic.information_schema.tables where table_type = 'VIEW' and table_schema = 'PUBLIC'": 1,
      "select character_maximum_length from elevance.information_schema.columns where column_name = 'SSN'": 16_777_216,
      "select schema_name from information_schema.schemata where schema_name like 'P%'": 'PUBLIC',
    };
    for (const [sql, value] of Object.entries(expected)) assert.deepEqual(await one(sql), value, sql);
    const listed = await execute(
      session.connection,
      "select listagg(x) within group (order by x), listagg(x) within group (order by x) as l from (values ('a')) v(x)",
    );
    assert.deepEqual(
      listed.getColumns()?.map((column) => column.getName()),
      ['LISTAGG(X) WITHIN GROUP (ORDER BY X)', 'L'],
    );
    await assert.rejects(
      run("select dateadd(fortnight, 1, '2020-01-01')"),
      /is not a valid date\/time component/,
    );
  });

  it('texts of dates, times and numbers are those of Snowflake, or are not emulated', async () => {
    const at = "'2020-01-02 03:04:05.5'::timestamp_ntz";
    const expected: Readonly<Record<string, string>> = {
      [`to_varchar(${at})`]: '2020-01-02 03:04:05.500',
      [`${at}::string`]: '2020-01-02 03:04:05.500',
      [`cast(${at} as varchar(10))`]: '2020-01-02',
      "'1969-12-31 23:59:59'::timestamp_ntz::text": '1969-12-31 23:59:59.000',
      "'2020-01-02 03:04:05.123456+02:00'::timestamp_tz::string": '2020-01-02 01:04:05.123 +0000',
      "'23:59:59.999'::time::string": '23:59:59',
      "7::float::string || '|' || 7.5::float::string": '7|7.5',
      '(7::number / 2::number)::string': '3.500000',
      '(1::number / 3::number)::string': '0.333333',
      [`to_varchar(${at}, 'yyyy-mm-ddThh24:mi:ss.ff3"Z"')`]: '2020-01-02T03:04:05.500Z',
      "to_char('2020-01-02'::date, 'DD-MON-YY')": '02-Jan-20',
    };
    for (const [sql, value] of Object.entries(expected)) assert.equal(await one(`select ${sql}`), value, sql);
    const refused = { code: '000002' };
    for (const sql of [`to_varchar(${at}, 'TZH:TZM')`, "to_char(12345, '99,999')", "sha2('a', 512)"]) {
      await assert.rejects(run(`select ${sql}`), refused, sql);
    }
    await run("alter session set date_output_format = 'DD/MM/YYYY'");
    await assert.rejects(run("select '2020-01-02'::date::string"), refused);
    assert.equal(await one("select 'a'::string"), 'a');
    await run('alter session unset date_output_format');
  });
});
