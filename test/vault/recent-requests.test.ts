import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentRequests } from '../../src/vault/recent-requests.js';
import { acceptAll, clientFor, envelope, httpVault, quiet, RECORDS, tcpServer } from './scripted-vault.js';

test('a request id that another answer had belongs to another request', () => {
  const recent = new RecentRequests();
  const told = ['a', 'b', 'a', undefined, undefined].map((id) => recent.isForeign(id));
  assert.deepEqual(told, [false, false, true, false, false]);
});

test('a server that gives every answer one id gives none', () => {
  const recent = new RecentRequests();
  const told5 = Array.from({ length: 5 }, () => recent.isForeign('same'));
  assert.deepEqual(told5, [false, true, true, true, false]);
});

test('only so many requests are remembered', () => {
  const recent = new RecentRequests();
  for (let at = 0; at < 1000; at += 1) recent.sent(`token ${at}`);
  assert.deepEqual([recent.isOfAnother('token 999'), recent.isOfAnother('token 0')], [true, false]);
});

test('the answer to the batch before is none to this one, and its connection is not used again', async () => {
  const [first, second] = [
    { values: ['v1'], tokens: ['t1'] },
    { values: ['v2'], tokens: ['t2'] },
  ];
  const stale = JSON.stringify({ records: [{ skyflow_id: 'i', tokens: { name: 't1' } }] });
  const sockets = new Set<unknown>();
  await using vault = await tcpServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.includes('"byot"')) return;
      sockets.add(socket);
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${stale.length}\r\n\r\n${stale}`);
    });
  });
  const client = await clientFor(vault.url, { connections: 1 });
  const answers = [];
  for (const records of [first, second, first]) {
    answers.push((await client.insert(client.encode(records), { signal: quiet() })).answer);
  }
  await client.close();
  assert.deepEqual(
    answers.map((answer) => answer.kind === 'judged' && [...answer.doubtful, ...answer.mismatched]),
    [[], [0], []],
  );
  assert.ok(answers[1]?.kind === 'judged' && answers[1].doubtful.length === 1);
  assert.equal(sockets.size, 2);
});

test('a refusal that comes twice is believed once', async () => {
  let requests = 0;
  await using vault = await httpVault((request, response) => {
    requests += 1;
    if (requests === 1) acceptAll(request, response);
    else response.writeHead(400, { 'x-request-id': 'r-2' }).end(envelope(400, 'odd'));
  });
  const client = await clientFor(vault.url, { connections: 1 });
  const applied = [];
  for (let at = 0; at < 3; at += 1) {
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    applied.push(answer.kind === 'judged' ? answer.kind : answer.applied);
  }
  await client.close();
  assert.deepEqual(applied, ['judged', 'no', 'unknown']);
});
