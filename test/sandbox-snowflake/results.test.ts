import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { execute, multiset, reopen, rowsOf, select, withConnection } from './driver.js';
import { control, ProtocolClient, resultOf } from './protocol.js';

const names =
  'SELECT DISTINCT UPPER(full_name) AS full_name, full_name_token FROM ELEVANCE.PUBLIC.PATIENTS ' +
  'WHERE full_name IS NOT NULL AND full_name_token IS NOT NULL';

interface Failure {
  readonly code?: string;
  readonly sqlState?: string;
  readonly data?: { readonly queryId?: string };
}

const executions = (sandbox: SnowflakeSandbox, sql: string) => sandbox.stats().executions[sql] ?? 0;

describe('results read by the real driver', () => {
  let sandbox: SnowflakeSandbox;

  before(async () => {
    sandbox = await startSnowflakeSandbox({
      seed: { rows: 5000 },
      results: { inlineRows: 10, chunkRows: 700 },
      syncWaitMs: 60,
      users: [
        { name: 'LOADER', password: 'sandbox-password' },
        { name: 'OTHER', password: 'other' },
      ],
    });
  });
  after(() => sandbox.close());

  it('streams every row of several chunks once, as the engine has them', async () => {
    const { chunksServed } = sandbox.stats();
    const rows = await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const statement = await execute(connection, names);
      const streamed = await rowsOf(statement);
      assert.equal(statement.getNumRows(), streamed.length);
      assert.deepEqual(
        (statement.getColumns() ?? []).map((column) => column.getName()),
        ['FULL_NAME', 'FULL_NAME_TOKEN'],
      );
      return streamed;
    });
    assert.deepEqual(multiset(rows), multiset((await sandbox.runSql(names)).rows));
    assert.equal(sandbox.stats().chunksServed - chunksServed, Math.ceil((rows.length - 10) / 700));
  });

  it('gives a second session the same rows in the same order by query id, from any row on, without another run', async () => {
    const sql = `${names} /* reopened */`;
    const { queryId, rows } = await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const statement = await execute(connection, sql);
      return { queryId: statement.getQueryId(), rows: await rowsOf(statement) };
    });
    const { chunksServed } = sandbox.stats();
    const rest = await withConnection(sandbox.accessUrl, {}, async (connection) =>
      rowsOf(await reopen(connection, queryId), { start: 3333 }),
    );
    assert.deepEqual(rest, rows.slice(3333));
    assert.equal(executions(sandbox, sql), 1);
    // Only the chunks from row 3333 on were fetched.
    assert.equal(
      sandbox.stats().chunksServed - chunksServed,
      Math.ceil((rows.length - 10) / 700) - Math.floor((3333 - 10) / 700),
    );
  });

  it('keeps the order of ORDER BY through all chunks', async () => {
    const rows = await withConnection(sandbox.accessUrl, {}, (connection) =>
      select(connection, 'SELECT id, id_token FROM PATIENTS WHERE id IS NOT NULL ORDER BY id DESC, id_token'),
    );
    const ids = rows.map(([id]) => String(id));
    assert.ok(ids.length > 4000);
    assert.deepEqual(ids, ids.toSorted().toReversed());
  });

  it('answers 333333 while a query runs, and the driver polls until it is done', async () => {
    await control(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { slowQueryMs: 300 });
    const { requests } = sandbox.stats();
    const rows = await withConnection(sandbox.accessUrl, {}, (connection) =>
      select(connection, 'SELECT 1 AS slow'),
    );
    await control(sandbox.controlUrl, 'POST', '/sandbox/faults', {});
    assert.deepEqual(rows, [[1]]);
    assert.ok((sandbox.stats().requests['result'] ?? 0) > (requests['result'] ?? 0));
    assert.equal(executions(sandbox, 'SELECT 1 AS slow'), 1);
  });

  it('gives a query id at once with asyncExec, and the rows later', async () => {
    await control(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { slowQueryMs: 600_000 });
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const queryId = (await execute(connection, `${names} LIMIT 25`, { asyncExec: true })).getQueryId();
      assert.equal(await connection.getQueryStatus(queryId), 'RUNNING');
      await control(sandbox.controlUrl, 'POST', '/sandbox/faults', {});
      const statement = await connection.getResultsFromQueryId({
        queryId,
        sqlText: '',
        rowMode: 'array',
        streamResult: true,
      });
      assert.equal(statement.getQueryId(), queryId);
      assert.equal(await connection.getQueryStatus(queryId), 'SUCCESS');
      assert.equal((await rowsOf(await reopen(connection, queryId))).length, 25);
    });
    await control(sandbox.controlUrl, 'POST', '/sandbox/faults', {});
  });

  it('runs a query once when its request is repeated', async () => {
    const client = await ProtocolClient.login(sandbox.accessUrl);
    const first = resultOf(await client.query('SELECT uuid() AS once', 'request-1'));
    const second = resultOf(await client.query('SELECT uuid() AS once', 'request-1'));
    assert.equal(second.queryId, first.queryId);
    assert.deepEqual(second.rowset, first.rowset);
    assert.equal(sandbox.stats().queries.find(({ queryId }) => queryId === first.queryId)?.submissions, 2);
  });

  it('cancels a running query, which ends as aborted', async () => {
    await control(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { slowQueryMs: 600_000 });
    const client = await ProtocolClient.login(sandbox.accessUrl);
    const { queryId } = await client
      .query('SELECT 2', 'request-2', { asyncExec: true })
      .then(({ data }) => data as { queryId: string });
    assert.equal((await client.post(`/queries/${queryId}/abort-request`, {})).success, true);
    const reply = await client.get(`/queries/${queryId}/result`);
    await control(sandbox.controlUrl, 'POST', '/sandbox/faults', {});
    assert.equal(reply.code, '000604');
    assert.equal(sandbox.stats().queries.find((query) => query.queryId === queryId)?.status, 'ABORTED');
  });

  it('interrupts a query in the engine after STATEMENT_TIMEOUT_IN_SECONDS', async () => {
    const endless = 'SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3';
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(connection, 'ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1');
      await assert.rejects(select(connection, endless), { code: '000630', sqlState: '57014' });
    });
  });

  it('records the query tag of the session and of the statement', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await select(connection, "ALTER SESSION SET QUERY_TAG = 'run-1', CLIENT_RESULT_CHUNK_SIZE = 48");
      await select(connection, 'SELECT 1 AS tagged_by_session');
      await select(connection, 'SELECT 1 AS tagged_by_statement', { parameters: { QUERY_TAG: 'run-2' } });
    });
    const tag = (sql: string) => sandbox.stats().queries.find(({ sqlText }) => sqlText === sql)?.tag;
    assert.equal(tag('SELECT 1 AS tagged_by_session'), 'run-1');
    assert.equal(tag('SELECT 1 AS tagged_by_statement'), 'run-2');
  });

  it('makes chunks no larger than CLIENT_RESULT_CHUNK_SIZE, and cuts a result at ROWS_PER_RESULTSET', async () => {
    const client = await ProtocolClient.login(sandbox.accessUrl);
    const wide = "SELECT repeat('x', 10000) AS x FROM range(500)";
    assert.equal(resultOf(await client.query(wide)).chunks.length, 1);
    await client.query('ALTER SESSION SET CLIENT_RESULT_CHUNK_SIZE = 1');
    assert.equal(resultOf(await client.query(wide)).chunks.length, 5);
    await client.query('ALTER SESSION SET ROWS_PER_RESULTSET = 42');
    assert.equal(resultOf(await client.query(wide)).total, 42);
  });

  it('describes a query without running it', async () => {
    const client = await ProtocolClient.login(sandbox.accessUrl);
    const { rowtype, rowset, total } = resultOf(
      await client.query(names, 'request-3', { describeOnly: true }),
    );
    assert.deepEqual(
      rowtype.map(({ name, type }) => [name, type]),
      [
        ['FULL_NAME', 'text'],
        ['FULL_NAME_TOKEN', 'text'],
      ],
    );
    assert.deepEqual([rowset, total], [[], 0]);
  });

  it('hides a query from other users', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const queryId = (await execute(connection, 'SELECT 1 AS private')).getQueryId();
      await withConnection(sandbox.accessUrl, { username: 'other', password: 'other' }, async (other) => {
        await assert.rejects(reopen(other, queryId), { code: '000709' });
      });
    });
  });

  it('gives values of every type as the driver expects them', async () => {
    const [row] = await withConnection(sandbox.accessUrl, {}, (connection) =>
      select(
        connection,
        "SELECT DATE '1969-12-31', '2020-01-02 03:04:05.123456'::TIMESTAMP_NTZ, TRUE, FALSE, NULL, 12.50::NUMBER(10,2), " +
          "'O''Neill \\'quoted\\' \\\\ \"x\" ☃', '', TO_VARCHAR(DATE '1984-02-29', 'DD.MM.YYYY')",
      ),
    );
    const [date, timestamp, ...rest] = row ?? [];
    assert.equal((date as Date).toISOString().slice(0, 10), '1969-12-31');
    assert.equal(new Date(timestamp as Date).toISOString(), '2020-01-02T03:04:05.123Z');
    assert.deepEqual(rest, [true, false, null, 12.5, `O'Neill 'quoted' \\ "x" ☃`, '', '29.02.1984']);
  });

  it('refuses to show a query to another session once its result has expired', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const queryId = (await execute(connection, names)).getQueryId();
      await control(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { now: { expireResults: true } });
      await assert.rejects(reopen(connection, queryId), { code: '000710', sqlState: '02000' });
    });
  });

  const failures = {
    'SELECT 1 FROM NOWHERE': ['002003', '42S02'],
    'SELEC 1': ['001003', '42000'],
    'SELECT nothing FROM PATIENTS': ['000904', '42000'],
    "SELECT 'x'::INTEGER": ['100038', '22018'],
    'USE DATABASE NOWHERE': ['002043', '02000'],
    'PUT file://x @stage': ['000002', '0A000'],
  } as const;
  for (const [sql, [code, sqlState]] of Object.entries(failures)) {
    it(`fails "${sql}" with ${code}, SQL state ${sqlState} and the query id`, async () => {
      await withConnection(sandbox.accessUrl, {}, async (connection) => {
        await assert.rejects(select(connection, sql), (error: Failure) => {
          const { queries } = sandbox.stats();
          assert.deepEqual([error.code, error.sqlState], [code, sqlState]);
          assert.equal(error.data?.queryId, queries.at(-1)?.queryId);
          assert.equal(queries.at(-1)?.status, 'FAILED_WITH_ERROR');
          return true;
        });
      });
    });
  }
});
