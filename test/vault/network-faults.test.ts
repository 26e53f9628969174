import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { freePort } from '../../src/system/listen.js';
import type { InsertAnswer } from '../../src/vault/vault-client.js';
import { clientFor, gate, insertAt, quiet, RECORDS, tcpServer } from './scripted-vault.js';

/** What a connection-level fault came to: kind, effect and code. */
function effectOf(answer: InsertAnswer): string {
  return answer.kind === 'unavailable' ? `${answer.applied} ${answer.networkCode ?? 'none'}` : answer.kind;
}

/** Reads a request off a socket up to its end, then calls `reply`. */
function afterRequest(socket: Socket, reply: (socket: Socket) => void): void {
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    const head = seen.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? Number.NaN);
    if (head < 0 || seen.length < head + 4 + length) return;
    seen = '';
    reply(socket);
  });
}

/** What a request comes to that is given little time: with more of it again, as long as it has not come so far. */
async function inShortTime(url: string, hasCome: (answer: InsertAnswer) => boolean): Promise<InsertAnswer> {
  for (let limitMs = 150; ; limitMs *= 4) {
    const answer = await insertAt(url, limitMs);
    if (hasCome(answer) || limitMs > 10_000) return answer;
  }
}

const OK_BODY = JSON.stringify({
  records: RECORDS.tokens.map((name, index) => ({ skyflow_id: `id-${index}`, tokens: { name } })),
});
const OK_ANSWER = `HTTP/1.1 200 OK\r\ncontent-length: ${OK_BODY.length}\r\n\r\n${OK_BODY}`;

test('a refused connection and an unknown host had no effect, for more requests than connections', async () => {
  const client = await clientFor(`http://127.0.0.1:${await freePort()}`, { connections: 2 });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => client.insert(client.encode(RECORDS), { signal: quiet() })),
  );
  await client.close();
  assert.deepEqual(new Set(answers.map(({ answer }) => effectOf(answer))), new Set(['no ECONNREFUSED']));
  assert.match(effectOf(await insertAt('http://no-such-host.invalid:1')), /^no (ENOTFOUND|EAI_AGAIN)$/);
});

test('a connection that breaks after the request was written leaves the effect unknown', async () => {
  const faults: [name: string, reply: (socket: Socket) => void][] = [
    ['reset before the headers', (socket) => socket.resetAndDestroy()],
    ['closed before the headers', (socket) => socket.end()],
    ['reset within the headers', (socket) => socket.write('HTTP/1.1 200', () => socket.resetAndDestroy())],
    [
      'reset within the body',
      (socket) => socket.write(OK_ANSWER.slice(0, -9), () => socket.resetAndDestroy()),
    ],
    ['body cut short', (socket) => socket.end(OK_ANSWER.slice(0, -9))],
    ['no HTTP at all', (socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
  ];
  for (const [name, reply] of faults) {
    await using vault = await tcpServer((socket) => afterRequest(socket, reply));
    const answer = await insertAt(vault.url);
    assert.match(effectOf(answer), /^unknown \w+$/, name);
    assert.ok(answer.kind === 'unavailable' && answer.status === undefined, name);
  }
});

test('a refusal whose body never comes whole is shown, and proves nothing', async () => {
  const head = 'HTTP/1.1 400 Bad Request\r\ncontent-length: 500\r\n\r\nbad field';
  await using resetting = await tcpServer((socket) =>
    afterRequest(socket, () => socket.write(head, () => socket.resetAndDestroy())),
  );
  await using stalling = await tcpServer((socket) => afterRequest(socket, () => socket.write(head)));
  const stalled = await inShortTime(stalling.url, ({ kind }) => kind === 'refused');
  for (const answer of [await insertAt(resetting.url), stalled]) {
    assert.ok(answer.kind === 'refused' && answer.applied === 'unknown');
    assert.equal(answer.said?.forErrorLog(), 'bad field');
  }
});

test('no answer in time, or half an answer, leaves the effect unknown; no connection in time had none', async () => {
  let seen = 0;
  await using silent = await tcpServer((socket) => socket.on('data', () => (seen += 1)));
  await using half = await tcpServer((socket) =>
    afterRequest(socket, () => {
      seen += 1;
      socket.write(OK_ANSWER.slice(0, -9));
    }),
  );
  for (const { url } of [silent, half]) {
    seen = 0;
    const answer = await inShortTime(url, () => seen > 0);
    assert.equal(effectOf(answer), 'unknown REQUEST_TIMEOUT');
  }

  // A server that never answers the handshake: the request waits for its connection until its time is over.
  const client = await clientFor(silent.url.replace('http:', 'https:'), {
    connections: 1,
    requestTimeoutMs: 300,
  });
  const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
  await client.close();
  assert.equal(effectOf(answer), 'no REQUEST_TIMEOUT');
});

test('headers that do not come and a body that stops are each given up after a time of their own', async () => {
  const insert = async (url: string, limits: { headersTimeoutMs: number; bodyTimeoutMs: number }) => {
    const client = await clientFor(url, limits);
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    await client.close();
    return effectOf(answer);
  };
  await using silent = await tcpServer((socket) => socket.resume());
  await using half = await tcpServer((socket) =>
    afterRequest(socket, () => socket.write(OK_ANSWER.slice(0, -9))),
  );
  assert.deepEqual(
    await Promise.all([
      insert(silent.url, { headersTimeoutMs: 200, bodyTimeoutMs: 20_000 }),
      insert(half.url, { headersTimeoutMs: 20_000, bodyTimeoutMs: 200 }),
    ]),
    ['unknown UND_ERR_HEADERS_TIMEOUT', 'unknown UND_ERR_BODY_TIMEOUT'],
  );
});

test('a connection that the vault closes between two requests troubles nobody', async () => {
  let connections = 0;
  await using vault = await tcpServer((socket) => {
    connections += 1;
    afterRequest(socket, () => socket.end(OK_ANSWER.replace('\r\n', '\r\nconnection: keep-alive\r\n')));
  });
  const client = await clientFor(vault.url, { connections: 1 });
  for (let round = 0; round < 20; round += 1) {
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    assert.equal(answer.kind, 'judged', `round ${round}`);
  }
  await client.close();
  assert.equal(connections, 20);
});

test('a kept connection that is reset as soon as the next request comes leaves its effect unknown', async () => {
  await using vault = await tcpServer((socket) => {
    let count = 0;
    afterRequest(socket, () => {
      count += 1;
      if (count === 1) socket.write(OK_ANSWER);
      else socket.resetAndDestroy();
    });
  });
  const client = await clientFor(vault.url, { connections: 1 });
  assert.equal((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind, 'judged');
  assert.match(
    effectOf((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer),
    /^unknown /,
  );
  assert.equal((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind, 'judged');
  await client.close();
});

test('an aborted signal rejects with its reason and drops the connection; others go on', async () => {
  const stop = new AbortController();
  const dropped = gate();
  await using vault = await tcpServer((socket, number) => {
    if (number === 0) socket.on('close', () => dropped.open());
    afterRequest(socket, () => {
      if (number === 0) stop.abort(new Error('enough'));
      else socket.write(OK_ANSWER);
    });
  });
  const client = await clientFor(vault.url);
  await assert.rejects(client.insert(client.encode(RECORDS), { signal: stop.signal }), /enough/);
  await dropped.opened;
  await assert.rejects(client.insert(client.encode(RECORDS), { signal: stop.signal }), /enough/);
  await assert.rejects(client.lookup(['t'], { signal: stop.signal }), /enough/);
  assert.equal((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind, 'judged');
  await client.close();
});

test('requests take at most as many connections as allowed and share one signal without a warning', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  let open = 0;
  await using vault = await tcpServer((socket) => {
    open += 1;
    afterRequest(socket, () => socket.write(OK_ANSWER));
  });
  const client = await clientFor(vault.url, { connections: 3 });
  const signal = quiet();
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => client.insert(client.encode(RECORDS), { signal })),
  );
  await client.close();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  assert.ok(answers.every(({ answer }) => answer.kind === 'judged'));
  assert.equal(open, 3);
  assert.deepEqual(warnings, []);
});

test('closing the client settles what is in flight', async () => {
  const arrived = gate();
  await using vault = await tcpServer((socket) => afterRequest(socket, () => arrived.open()));
  const client = await clientFor(vault.url);
  const pending = client.insert(client.encode(RECORDS), { signal: quiet() });
  await arrived.opened;
  await client.close();
  assert.match(effectOf((await pending).answer), /^unknown /);
  assert.match(effectOf((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer), /^no /);
});
