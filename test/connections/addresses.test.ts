import assert from 'node:assert/strict';
import { createServer, Socket } from 'node:net';
import { test } from 'node:test';
import { connectToHost } from '../../src/vault/connect-to-host.js';
import { listen } from '../vault/scripted-vault.js';

const never = new AbortController().signal;
const both = [
  { address: '2001:db8::1', family: 6 },
  { address: '2001:db8::2', family: 6 },
  { address: '192.0.2.1', family: 4 },
];

test('a name whose addresses all need longer than Node gives each is reached, by whichever answers first', async () => {
  await using server = await listen(createServer(() => undefined));
  const tried: string[] = [];
  const sockets: Socket[] = [];
  const connect = (address: string): Socket => {
    tried.push(address);
    const socket = new Socket();
    sockets.push(socket);
    // The first one is the slowest, and slower than 250 ms each of them.
    setTimeout(
      () => socket.connect(server.port, '127.0.0.1'),
      address.startsWith('2001') ? 3_000 : 400,
    ).unref();
    return socket;
  };
  const socket = await connectToHost({
    ...{ host: 'vault.example', port: 443, signal: never, connect },
    lookup: () => Promise.resolve(both),
  });
  assert.deepEqual(tried.slice(0, 2), ['2001:db8::1', '192.0.2.1'], 'both families, by turns');
  assert.equal(socket, sockets[1]);
  assert.ok(
    sockets.every((one) => one === socket || one.destroyed),
    'the other tries are ended',
  );
  socket.destroy();
});

test('an address that refuses is followed by the next one at once; when all refuse, the last one says why', async () => {
  await using server = await listen(createServer(() => undefined));
  const refusing = (code: string): Socket => {
    const socket = new Socket();
    process.nextTick(() => socket.destroy(Object.assign(new Error(code), { code })));
    return socket;
  };
  const lookup = () => Promise.resolve(both);
  const options = { host: 'vault.example', port: 443, signal: never, lookup };
  const socket = await connectToHost({
    ...options,
    connect: (address) =>
      address.startsWith('2001') ? refusing('ENETUNREACH') : new Socket().connect(server.port, '127.0.0.1'),
  });
  socket.destroy();
  const connect = (address: string): Socket =>
    refusing(address === '2001:db8::2' ? 'ECONNREFUSED' : 'ENETUNREACH');
  await assert.rejects(connectToHost({ ...options, connect }), { code: 'ECONNREFUSED' });
});

test('connect_timeout_ms is the limit for name and addresses together, and no socket is left behind it', async () => {
  const limit = new AbortController();
  const sockets: Socket[] = [];
  const connecting = connectToHost({
    ...{ host: 'vault.example', port: 443, signal: limit.signal, lookup: () => Promise.resolve(both) },
    connect: () => {
      const socket = new Socket();
      sockets.push(socket);
      if (sockets.length === both.length)
        setImmediate(() => limit.abort(new Error('no connection within 10 ms')));
      return socket;
    },
  });
  await assert.rejects(connecting, /no connection within 10 ms/);
  assert.ok(sockets.length === both.length && sockets.every(({ destroyed }) => destroyed));

  const resolving = new AbortController();
  const lookup = () => new Promise<never>(() => resolving.abort(new Error('no name')));
  const unnamed = connectToHost({ host: 'vault.example', port: 443, signal: resolving.signal, lookup });
  await assert.rejects(unnamed, /no name/);
});

test('a connection reads 64 KiB ahead, and stops in the middle of no usual answer', async () => {
  await using server = await listen(createServer(() => undefined));
  const socket = await connectToHost({ host: '127.0.0.1', port: server.port, signal: never });
  assert.equal(socket.readableHighWaterMark, 65_536);
  socket.destroy();
});
