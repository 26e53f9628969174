import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { SnowflakePreflight } from '../../src/source/snowflake/preflight.js';
import type { SnowflakeConnection } from '../../src/source/snowflake/snowflake-options.js';
import { openBlackhole } from './blackhole.js';
import { never } from './fixture.js';

/** A login of the real driver, once. */
function preflightTo(
  accessUrl: string,
  connectTimeoutMs: number,
  changes: Partial<SnowflakeConnection> = {},
): SnowflakePreflight {
  return new SnowflakePreflight({
    connection: {
      access_url: accessUrl,
      ...{ account: 'sandbox', user: 'loader', password: 'sandbox-password', authenticator: 'snowflake' },
      ...{ warehouse: 'W', database: 'D', schema: 'S', proxy: {}, connectTimeoutMs },
      ...changes,
    },
    patience: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 },
  });
}

/** A port of this machine, what it was given, and what it does with each. */
async function listenTo(
  onSocket: (socket: Socket) => void,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<{ readonly port: number; readonly opened: Socket[] } & AsyncDisposable> {
  const opened: Socket[] = [];
  const server = createServer((socket) => {
    opened.push(socket);
    // What gives up first resets it.
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    opened,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of opened) socket.destroy();
      await closed;
    },
  };
}

const allClosed = (opened: readonly Socket[]) =>
  Promise.all(opened.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));

/** Names lead to these addresses, for this test. */
function resolveTo(context: TestContext, addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: 4 }));
  context.mock.method(dns, 'lookup', (...given: unknown[]) => {
    const callback = given.at(-1);
    assert.ok(typeof callback === 'function');
    process.nextTick(() => Reflect.apply(callback, undefined, [null, found]) as unknown);
  });
}

/** How a login ends. */
async function logIn(...to: Parameters<typeof preflightTo>): Promise<SuperviseError> {
  const preflight = preflightTo(...to);
  try {
    await preflight.logIn(never);
  } catch (error) {
    assert.ok(error instanceof SuperviseError);
    assert.equal(error.code, 'source');
    return error;
  } finally {
    await preflight.close();
  }
  return assert.fail('it has logged in');
}

const tooLate = (limitMs: number) =>
  new RegExp(`no connection within ${limitMs} ms \\(connect_timeout_ms\\)`);

test('a port that takes connections and never answers is given up after connect_timeout_ms, in words', async () => {
  await using silent = await listenTo((socket) => socket.resume());
  const { message } = await logIn(`https://127.0.0.1:${silent.port}`, 1_000);
  assert.match(message, tooLate(1_000));
  await allClosed(silent.opened);
  assert.ok(silent.opened.length >= 1);
});

test('an address that answers nothing at all is given up after connect_timeout_ms, in plain http and in https', async () => {
  await using hole = await openBlackhole('127.0.0.1');
  for (const scheme of ['http', 'https']) {
    const { message } = await logIn(`${scheme}://127.0.0.1:${hole.port}`, 300);
    assert.match(message, tooLate(300), scheme);
  }
});

test('behind an address that answers nothing the next one of the name is tried, within connect_timeout_ms', async (context) => {
  await using hole = await openBlackhole('127.0.0.1');
  await using reached = await listenTo((socket) => socket.destroy(), { host: '127.0.0.2', port: hole.port });
  resolveTo(context, ['127.0.0.1', '127.0.0.2']);
  const { message } = await logIn(`https://account.test:${hole.port}`, 6_000);
  assert.doesNotMatch(message, /no connection within/);
  assert.ok(reached.opened.length >= 1);
});

test('an address that answers late has half of connect_timeout_ms, not Node’s 250 ms, before the next one is tried', async (context) => {
  await using hole = await openBlackhole('127.0.0.1');
  resolveTo(context, ['127.0.0.1', '127.0.0.3']);
  const late = logIn(`https://account.test:${hole.port}`, 20_000);
  // The system tries again after a second what was dropped.
  setTimeout(() => hole.open(), 400);
  const { message } = await late;
  assert.match(message, /no answer of Snowflake that can be used/, 'it was reached, and hung up');
});

test('a proxy is asked for the account with its credentials; one that says nothing, or no, is told in words', async (context) => {
  const asked: string[] = [];
  const answers = [undefined, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'];
  let answer = answers[0];
  await using proxy = await listenTo((socket) =>
    socket.once('data', (head: Buffer) => {
      asked.push(head.toString());
      if (answer !== undefined) socket.end(answer);
    }),
  );
  const through = {
    proxy: { httpsProxy: `http://me:p%40ss@127.0.0.1:${proxy.port}`, noProxy: 'other.test,direct.test' },
  };
  // With more time again, where it was too little to ask anything.
  for (let limitMs = 300; asked.length === 0 && limitMs < 60_000; limitMs *= 4) {
    const silent = await logIn('https://account.test', limitMs, through);
    assert.match(silent.message, tooLate(limitMs));
    await allClosed(proxy.opened);
  }
  assert.match(asked[0] ?? '', /^CONNECT account\.test:443 HTTP\/1\.1\r\n/);
  assert.ok(asked[0]?.includes(`Basic ${Buffer.from('me:p@ss').toString('base64')}`));

  answer = answers[1];
  const refused = await logIn('https://account.test', 10_000, through);
  assert.match(refused.message, /407/, refused.message);
  assert.doesNotMatch(refused.message + (refused.hint ?? ''), /p@ss|p%40ss/);

  await using hole = await openBlackhole('127.0.0.1');
  const dropped = { proxy: { httpsProxy: `http://127.0.0.1:${hole.port}` } };
  assert.match((await logIn('https://account.test', 300, dropped)).message, tooLate(300));

  const before = asked.length;
  await using direct = await listenTo((socket) => socket.destroy());
  resolveTo(context, ['127.0.0.1']);
  await logIn(`https://direct.test:${direct.port}`, 10_000, through);
  assert.equal(asked.length, before, 'a host of NO_PROXY is asked for itself');
  assert.ok(direct.opened.length >= 1);
});
