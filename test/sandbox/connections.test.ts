import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { describe, test, type TestContext } from 'node:test';
import { systemCode } from '../../src/errors/supervise-error.js';
import type { VaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { bulk, held, insert, sandboxFor, send, stats } from './sandbox-client.js';

const PATH = '/v1/vaults/v1/persons';

function http2Session(t: TestContext, sandbox: VaultSandbox): ClientHttp2Session {
  const session = connectHttp2(sandbox.tlsUrl ?? '', { ca: sandbox.caPem ?? '' });
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  return session;
}

function overHttp2(session: ClientHttp2Session, body: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': PATH, authorization: 'Bearer any' });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR) resolve({ status, text });
    });
    stream.end(JSON.stringify(body));
  });
}

describe('over TLS', () => {
  test('HTTP/2 inserts, many at once on one connection', async (t) => {
    const sandbox = await sandboxFor(t, { tls: true, latency: { fixedMs: 20 } });
    const session = http2Session(t, sandbox);
    const answers = await Promise.all(Array.from({ length: 5 }, () => overHttp2(session, bulk(2))));
    assert.equal(session.alpnProtocol, 'h2');
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal((await held(sandbox)).length, 10);
    const { connections_opened: opened, max_in_flight: inFlight } = await stats(sandbox);
    assert.deepEqual([opened, inFlight], [1, 5]);
  });

  test('HTTP/1.1 inserts on the same port', async (t) => {
    const sandbox = await sandboxFor(t, { tls: true });
    const request = httpsRequest(`${sandbox.tlsUrl ?? ''}${PATH}`, {
      method: 'POST',
      ca: sandbox.caPem,
      agent: false,
      headers: { authorization: 'Bearer any' },
    });
    request.end(JSON.stringify(bulk(2)));
    const [response] = (await once(request, 'response')) as [
      { statusCode: number; httpVersion: string; resume(): void },
    ];
    response.resume();
    assert.deepEqual([response.statusCode, response.httpVersion], [200, '1.1']);
    assert.equal((await held(sandbox)).length, 2);
  });

  test('HTTP/1.1 is refused without the authority', async (t) => {
    const sandbox = await sandboxFor(t, { tls: true });
    const request = httpsRequest(sandbox.tlsUrl ?? '', { agent: false });
    request.end();
    await assert.rejects(once(request, 'response'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  for (const fault of ['resetBefore', 'resetAfter', 'resetMidBody', 'truncated'] as const) {
    test(`${fault} ends one HTTP/2 stream with an error and leaves its connection`, async (t) => {
      const sandbox = await sandboxFor(t, { tls: true, [fault]: { next: 1 } });
      const session = http2Session(t, sandbox);
      await assert.rejects(overHttp2(session, bulk(2)));
      assert.equal((await held(sandbox)).length, fault === 'resetBefore' ? 0 : 2);
      assert.equal((await overHttp2(session, bulk(2))).status, 200);
    });
  }

  test('HTTP/2 connections are closed in order after keepAliveRequests', async (t) => {
    const sandbox = await sandboxFor(t, { tls: true, keepAliveRequests: 2 });
    const session = http2Session(t, sandbox);
    const closed = once(session, 'close');
    await overHttp2(session, bulk(1));
    await overHttp2(session, bulk(1));
    await closed;
    assert.equal((await held(sandbox)).length, 2);
  });
});

describe('keep-alive', () => {
  const agentFor = (t: TestContext): Agent => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    return agent;
  };
  const post = (sandbox: VaultSandbox, agent: Agent): ReturnType<typeof send> =>
    send(sandbox.url, 'POST', PATH, { body: bulk(1), agent });

  test('one connection serves many requests', async (t) => {
    const sandbox = await sandboxFor(t);
    const agent = agentFor(t);
    for (let at = 0; at < 4; at += 1) assert.equal((await post(sandbox, agent)).status, 200);
    assert.equal((await stats(sandbox))['connections_opened'], 1);
  });

  test('keepAliveRequests closes a connection after so many, and says so', async (t) => {
    const sandbox = await sandboxFor(t, { keepAliveRequests: 2 });
    const agent = agentFor(t);
    const said: unknown[] = [];
    for (let at = 0; at < 4; at += 1) said.push((await post(sandbox, agent)).headers.connection);
    assert.deepEqual(said, ['keep-alive', 'close', 'keep-alive', 'close']);
    assert.equal((await stats(sandbox))['connections_opened'], 2);
  });

  test('closeAfterReply closes it after a whole answer without having said so', async (t) => {
    const sandbox = await sandboxFor(t, { closeAfterReply: { next: 1 } });
    const agent = agentFor(t);
    assert.equal((await post(sandbox, agent)).headers.connection, 'keep-alive');
    await waitUntil('no connection is open', async () => (await stats(sandbox))['connections_open'] === 0);
    assert.equal((await held(sandbox)).length, 1);
  });

  test('an idle connection is closed after keepAliveTimeoutMs', async (t) => {
    const sandbox = await sandboxFor(t, { keepAliveTimeoutMs: 20 });
    await post(sandbox, agentFor(t));
    await waitUntil('no connection is open', async () => (await stats(sandbox))['connections_open'] === 0);
  });
});

test('portClosed cuts every connection, refuses new ones for its time, and opens the same port again', async (t) => {
  const sandbox = await sandboxFor(t, { portClosed: { next: 1, durationMs: 1000 } });
  const beganMs = performance.now();
  await assert.rejects(insert(sandbox, bulk(1)), { code: 'ECONNRESET' });
  const second = await insert(sandbox, bulk(1)).then(
    () => 'answered',
    (error: unknown) => systemCode(error),
  );
  if (performance.now() - beganMs < 1000) assert.equal(second, 'ECONNREFUSED');
  await waitUntil('the port is open again', () =>
    insert(sandbox, bulk(1)).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  assert.equal((await held(sandbox)).length, 1);
});

test('a sandbox that is closed while its port is shut stays closed', async (t) => {
  const sandbox = await sandboxFor(t, { portClosed: { next: 1, durationMs: 1 } });
  await assert.rejects(insert(sandbox, bulk(1)));
  await sandbox.close();
  await assert.rejects(insert(sandbox, bulk(1)), { code: 'ECONNREFUSED' });
});
