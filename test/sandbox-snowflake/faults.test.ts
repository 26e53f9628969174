import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { FaultsInput } from '../../src/sandbox/snowflake/faults.js';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { connect, disconnect, execute, reopen, rowsOf, select, withConnection } from './driver.js';
import { chunkRows, control, fetchChunk, ProtocolClient, resultOf } from './protocol.js';

const sql = 'SELECT i::VARCHAR AS v FROM range(1000) t(i) ORDER BY i';
const expected = Array.from({ length: 1000 }, (_unused, index) => [String(index)]);

describe('faults of the sandbox', () => {
  let sandbox: SnowflakeSandbox;

  beforeEach(async () => {
    sandbox = await startSnowflakeSandbox({
      seed: { rows: 10 },
      results: { inlineRows: 100, chunkRows: 300 },
    });
  });
  afterEach(() => sandbox.close());

  const plan = (faults: FaultsInput & { now?: object }) =>
    control(sandbox.controlUrl, 'POST', '/sandbox/faults', faults);
  const opened = async () => {
    const client = await ProtocolClient.login(sandbox.accessUrl);
    return { client, result: resultOf(await client.query(sql)) };
  };

  it('serves the chunks of a result whole while there is no fault', async () => {
    const { result } = await opened();
    assert.deepEqual(
      result.chunks.map(({ rowCount }) => rowCount),
      [300, 300, 300],
    );
    const response = await fetchChunk(result, 1);
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.deepEqual(await chunkRows(response), expected.slice(400, 700));
  });

  it('sends one chunk with an empty body, once', async () => {
    const { result } = await opened();
    await plan({ chunks: [{ kind: 'empty', chunk: 1 }] });
    assert.equal((await fetchChunk(result, 0)).status, 200);
    const hit = await fetchChunk(result, 1);
    assert.equal(hit.status, 200);
    assert.equal(await hit.text(), '');
    assert.equal((await chunkRows(await fetchChunk(result, 1))).length, 300);
    assert.deepEqual(sandbox.stats().faults, { 'chunk empty': 1 });
  });

  it('stops in the middle of the JSON of any chunk, as often as was said', async () => {
    const { result } = await opened();
    await plan({ chunks: [{ kind: 'truncated', times: 2 }] });
    await assert.rejects(async () => chunkRows(await fetchChunk(result, 0)), SyntaxError);
    await assert.rejects(async () => chunkRows(await fetchChunk(result, 2)), SyntaxError);
    assert.equal((await chunkRows(await fetchChunk(result, 2))).length, 300);
  });

  it('leaves rows out of a chunk, and the driver ends normally with fewer rows than it announced', async () => {
    await plan({ chunks: [{ kind: 'short', chunk: 2 }] });
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      const statement = await execute(connection, sql);
      const rows = await rowsOf(statement);
      assert.equal(statement.getNumRows(), 1000);
      assert.deepEqual(rows, expected.slice(0, 850));
    });
  });

  it('cuts the connection in the middle of a chunk', async () => {
    const { result } = await opened();
    await plan({ chunks: [{ kind: 'reset', chunk: 0 }] });
    await assert.rejects(async () => (await fetchChunk(result, 0)).text(), TypeError);
    assert.equal((await chunkRows(await fetchChunk(result, 0))).length, 300);
  });

  it('answers 403 to a chunk URL once, and the driver recovers by asking again', async () => {
    await plan({ chunks: [{ kind: 'forbidden', chunk: 0 }] });
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      assert.deepEqual(await select(connection, sql), expected);
    });
    assert.deepEqual(sandbox.stats().faults, { 'chunk forbidden': 1 });
  });

  it('answers 403 to every chunk URL that has expired; the result gives out new ones', async () => {
    const { client, result } = await opened();
    await plan({ now: { expireChunkUrls: true } });
    assert.equal((await fetchChunk(result, 0)).status, 403);
    const again = resultOf(await client.get(`/queries/${result.queryId}/result`));
    assert.deepEqual(await chunkRows(await fetchChunk(again, 0)), expected.slice(100, 400));
  });

  it('refuses chunk URLs that are forged, and chunks asked for without the headers', async () => {
    const { result } = await opened();
    const url = result.chunks[0]?.url ?? '';
    assert.equal((await fetch(url.replace('expires=', 'expires=9'))).status, 403);
    assert.equal((await fetch(url)).status, 400);
  });

  it('expires sessions so that the driver renews them by itself', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await plan({ now: { expireSessions: 'renewable' } });
      assert.deepEqual(await select(connection, sql), expected);
    });
    assert.equal(sandbox.stats().renewals, 1);
    assert.equal(sandbox.stats().sessionsOpened, 1);
  });

  it('expires sessions for good, so that a new login has to go on with the same result', async () => {
    const connection = await connect(sandbox.accessUrl);
    const queryId = (await execute(connection, sql)).getQueryId();
    await plan({ now: { expireSessions: 'final' } });
    await assert.rejects(select(connection, 'SELECT 1'), { code: 407002 });
    await disconnect(connection);
    await withConnection(sandbox.accessUrl, {}, async (second) => {
      assert.deepEqual(await rowsOf(await reopen(second, queryId), { start: 950 }), expected.slice(950));
    });
    assert.equal(sandbox.stats().executions[sql], 1);
  });

  it('says 390112, 390114 and 390111 for sessions that expired, expired for good and were closed', async () => {
    const { client } = await opened();
    await plan({ now: { expireSessions: 'renewable' } });
    assert.equal((await client.query('SELECT 1')).code, '390112');
    assert.equal((await client.renew()).success, true);
    assert.equal((await client.query('SELECT 1')).success, true);
    await plan({ now: { expireSessions: 'final' } });
    assert.equal((await client.query('SELECT 1')).code, '390112');
    assert.equal((await client.renew()).code, '390114');
    const other = await ProtocolClient.login(sandbox.accessUrl);
    await plan({ now: { expireSessions: 'gone' } });
    assert.equal((await other.query('SELECT 1')).code, '390111');
  });

  it('answers a request with 503 before it has an effect, and the driver repeats it', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      await plan({ requests: [{ route: 'query', answer: 503 }] });
      assert.deepEqual(await select(connection, sql), expected);
    });
    const query = sandbox.stats().queries.find(({ sqlText }) => sqlText === sql);
    assert.equal(query?.submissions, 1);
    assert.equal(sandbox.stats().requests['query'], 2);
  });

  it('loses the answer of a request that took effect, and the repeated request is the same query', async () => {
    const client = await ProtocolClient.login(sandbox.accessUrl);
    await plan({ requests: [{ route: 'query', answer: 'reset', when: 'after' }] });
    await assert.rejects(client.query(sql, 'request-1'), TypeError);
    assert.equal(resultOf(await client.query(sql, 'request-1')).total, 1000);
    assert.deepEqual(
      sandbox.stats().queries.map(({ submissions }) => submissions),
      [2],
    );
  });

  it('changes only the named settings by PATCH and refuses what it does not know', async () => {
    await plan({ slowQueryMs: 5, chunks: [{ kind: 'empty' }] });
    const changed = await control(sandbox.controlUrl, 'PATCH', '/sandbox/faults', { chunkLatencyMs: 7 });
    assert.deepEqual(changed, {
      requests: [],
      chunks: [{ kind: 'empty', times: 1 }],
      slowQueryMs: 5,
      chunkLatencyMs: 7,
    });
    await assert.rejects(control(sandbox.controlUrl, 'POST', '/sandbox/faults', { chunk: [] }), /400/);
  });

  it('comes back after a restart of the server on the same port, with sessions and results', async () => {
    const { client, result } = await opened();
    await sandbox.stop();
    await assert.rejects(client.query('SELECT 1'), TypeError);
    await sandbox.start();
    assert.deepEqual(await chunkRows(await fetchChunk(result, 0)), expected.slice(100, 400));
    assert.equal((await client.query('SELECT 1')).success, true);
  });

  it('is down for as long as it was told, during which its controls still answer', async () => {
    const { client } = await opened();
    await plan({ now: { downMs: 600_000 } });
    await assert.rejects(client.query('SELECT 1'), TypeError);
    const answer = await control(sandbox.controlUrl, 'POST', '/sandbox/sql', { sql: 'SELECT 41 + 1 AS n' });
    assert.deepEqual(answer, { columns: ['N'], rows: [[42]] });
    await plan({ now: { downMs: 1 } });
    await waitUntil('it answers', () =>
      client.query('SELECT 1').then(
        ({ success }) => success,
        () => false,
      ),
    );
  });
});
