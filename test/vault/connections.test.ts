import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { VaultClientOptions } from '../../src/vault/create-vault-client.js';
import type { InsertAnswer } from '../../src/vault/vault-client.js';
import { withVariable } from '../support/with-variable.js';
import {
  acceptAll,
  clientFor,
  httpVault,
  listen,
  quiet,
  RECORDS,
  scripted,
  tcpServer,
} from './scripted-vault.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// The compiled tests lie one level deeper than the fixtures that are no code.
const fixtures = join(fileURLToPath(import.meta.url), '../../../../test/vault/fixtures');
const CA_FILE = join(fixtures, 'ca.pem');
const TLS = {
  key: await readFile(join(fixtures, 'server-key.pem')),
  cert: await readFile(join(fixtures, 'server.pem')),
};

const tlsVault = () => listen(createTlsServer(TLS, scripted(acceptAll)), 'https');

async function insertWith(url: string, options: Partial<VaultClientOptions> = {}): Promise<InsertAnswer> {
  const client = await clientFor(url, options);
  try {
    return (await client.insert(client.encode(RECORDS), { signal: quiet() })).answer;
  } finally {
    await client.close();
  }
}

interface Tunnel {
  readonly connect: string;
  readonly authorised: boolean;
}

/** Runs `work` with a real proxy process that wants `user:p@ss`; `seen` asks it for all tunnels so far. */
async function withProxy(
  work: (proxy: { port: number; seen: () => Promise<Tunnel[]> }) => Promise<void>,
): Promise<void> {
  const file = fileURLToPath(new URL('fixtures/connect-proxy.js', import.meta.url));
  const child: ChildProcess = fork(file, ['user:p@ss'], { stdio: 'ignore' });
  const hear = async <T>(): Promise<T> => {
    const [message] = (await once(child, 'message')) as [T];
    return message;
  };
  try {
    const { port } = await hear<{ port: number }>();
    const seen = () => {
      const told = hear<Tunnel[]>();
      child.send('seen');
      return told;
    };
    await work({ port, seen });
  } finally {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}

test('a vault with a certificate of a private CA is trusted with that CA and refused without, unsent', async () => {
  await using vault = await tlsVault();
  assert.equal((await insertWith(vault.url, { caFile: CA_FILE })).kind, 'judged');
  const refused = await insertWith(vault.url);
  assert.ok(refused.kind === 'unavailable' && refused.applied === 'no');
  assert.equal(refused.networkCode, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('NODE_EXTRA_CA_CERTS stays in force beside a CA file', async (t) => {
  await using vault = await tlsVault();
  const directory = await temporaryFolder(t);
  const own = join(directory, 'own.pem');
  // Any other certificate: the vault must be trusted by the variable alone.
  await writeFile(own, TLS.cert);
  assert.equal((await insertWith(vault.url, { caFile: CA_FILE })).kind, 'judged');
  await withVariable('NODE_EXTRA_CA_CERTS', CA_FILE, async () => {
    assert.equal((await insertWith(vault.url, { caFile: own })).kind, 'judged');
  });
});

test('a certificate for another host is refused, unsent', async () => {
  await withProxy(async ({ port }) => {
    await using vault = await tlsVault();
    const answer = await insertWith(`https://other.test:${vault.port}`, {
      caFile: CA_FILE,
      proxy: { httpsProxy: `http://user:p%40ss@127.0.0.1:${port}` },
    });
    assert.ok(answer.kind === 'unavailable' && answer.applied === 'no');
    assert.equal(answer.networkCode, 'ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

test('a CA file that is missing or holds no certificate is a configuration error that names it', async () => {
  for (const [file, message] of [
    ['/no/such/ca.pem', /cannot be read: \/no\/such\/ca\.pem \(ENOENT\)/],
    [join(fixtures, 'server-key.pem'), /holds no readable certificate/],
  ] as const) {
    await assert.rejects(clientFor('https://127.0.0.1:9', { caFile: file }), (error) => {
      assert.ok(error instanceof SuperviseError && error.code === 'config');
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a server that hangs up within the handshake, or never ends it, got nothing', async () => {
  await using hangingUp = await tcpServer((socket) => socket.once('data', () => socket.destroy()));
  const answer = await insertWith(hangingUp.url.replace('http', 'https'), { caFile: CA_FILE });
  assert.ok(answer.kind === 'unavailable' && answer.applied === 'no');
  await using silent = await tcpServer((socket) => socket.resume());
  const late = await insertWith(silent.url.replace('http', 'https'), {
    caFile: CA_FILE,
    connectTimeoutMs: 150,
  });
  assert.ok(late.kind === 'unavailable' && late.applied === 'no');
  assert.equal(late.networkCode, 'ETIMEDOUT');
});

test('an https vault is reached through a proxy with authentication, and verified end to end', async () => {
  await withProxy(async ({ port, seen }) => {
    await using vault = await tlsVault();
    const client = await clientFor(`https://vault.test:${vault.port}`, {
      caFile: CA_FILE,
      connections: 1,
      proxy: { httpsProxy: `http://user:p%40ss@127.0.0.1:${port}` },
    });
    for (let round = 0; round < 3; round += 1) {
      assert.equal((await client.insert(client.encode(RECORDS), { signal: quiet() })).answer.kind, 'judged');
    }
    await client.close();
    // One tunnel for three requests: it is kept alive.
    assert.deepEqual(await seen(), [{ connect: `vault.test:${vault.port}`, authorised: true }]);
  });
});

test('a proxy that refuses, hangs up or is not there means that nothing was sent, and its password stays secret', async () => {
  await withProxy(async ({ port, seen }) => {
    const url = 'https://vault.test:9';
    const wrong = await insertWith(url, {
      proxy: { httpsProxy: `http://user:wrong-password@127.0.0.1:${port}` },
    });
    assert.ok(wrong.kind === 'unavailable' && wrong.applied === 'no');
    assert.match(
      wrong.message,
      /^the proxy 127\.0\.0\.1:\d+ answered 407 when asked for a tunnel to vault\.test:9/,
    );
    assert.doesNotMatch(JSON.stringify(wrong), /wrong-password|d3Jvbmct/);

    const proxy = { httpsProxy: `http://user:p%40ss@127.0.0.1:${port}` };
    const hungUp = await insertWith('https://hang-up.test', { proxy });
    assert.ok(hungUp.kind === 'unavailable' && hungUp.applied === 'no');
    assert.equal(hungUp.message, 'the proxy closed the connection');
    assert.deepEqual(await seen(), [
      { connect: 'vault.test:9', authorised: false },
      { connect: 'hang-up.test:443', authorised: true },
    ]);
  });
  const absent = await insertWith('https://vault.test', {
    proxy: { httpsProxy: 'http://u:wrong-password@127.0.0.1:9' },
  });
  assert.ok(
    absent.kind === 'unavailable' && absent.applied === 'no' && absent.networkCode === 'ECONNREFUSED',
  );
  assert.doesNotMatch(JSON.stringify(absent), /wrong-password/);
});

test('hosts of NO_PROXY and loopback are reached directly', async () => {
  await withProxy(async ({ port, seen }) => {
    await using vault = await tlsVault();
    const proxy = { httpsProxy: `http://user:p%40ss@127.0.0.1:${port}` };
    assert.equal((await insertWith(vault.url, { caFile: CA_FILE, proxy })).kind, 'judged');
    const exempt = { ...proxy, noProxy: '.invalid' };
    const direct = await insertWith('https://vault.invalid', { proxy: exempt });
    assert.ok(direct.kind === 'unavailable' && direct.applied === 'no');
    assert.match(direct.networkCode ?? '', /^(ENOTFOUND|EAI_AGAIN)$/);
    assert.deepEqual(await seen(), []);
  });
});

test('HTTP/2 is spoken when it is asked for, one stream at a time on each connection', async () => {
  let sessions = 0;
  let together = 0;
  let most = 0;
  const server = createSecureServer(TLS, (request: Http2ServerRequest, response: Http2ServerResponse) => {
    together += 1;
    most = Math.max(most, together);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { records } = JSON.parse(Buffer.concat(chunks).toString()) as { records: { tokens: unknown }[] };
      setImmediate(() => {
        together -= 1;
        response.end(JSON.stringify({ records: records.map(({ tokens }) => ({ skyflow_id: 'x', tokens })) }));
      });
    });
  });
  server.on('session', () => (sessions += 1));
  await using vault = await listen(server, 'https');
  for (const httpVersion of ['2', 'auto'] as const) {
    const client = await clientFor(vault.url, { caFile: CA_FILE, httpVersion, connections: 2 });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => client.insert(client.encode(RECORDS), { signal: quiet() })),
    );
    await client.close();
    assert.ok(answers.every(({ answer }) => answer.kind === 'judged'));
  }
  assert.equal(sessions, 4);
  assert.ok(most <= 2);
});

test('a lost HTTP/2 connection settles every request, and none goes out twice', async () => {
  let streams = 0;
  const server = createSecureServer(TLS);
  server.on('session', (session) => session.on('error', () => undefined));
  server.on('stream', (stream) => {
    streams += 1;
    stream.on('error', () => undefined);
    stream.resume().on('end', () => {
      if (streams % 2 === 0) stream.session?.goaway(0);
      stream.session?.destroy();
    });
  });
  await using vault = await listen(server, 'https');
  const client = await clientFor(vault.url, {
    caFile: CA_FILE,
    httpVersion: '2',
    connections: 3,
    requestTimeoutMs: 5000,
  });
  const answers = await Promise.all(
    Array.from({ length: 9 }, () => client.insert(client.encode(RECORDS), { signal: quiet() })),
  );
  await client.close();
  for (const { answer } of answers) {
    assert.ok(answer.kind === 'unavailable' && answer.applied === 'unknown', JSON.stringify(answer));
    assert.notEqual(answer.networkCode, 'REQUEST_TIMEOUT');
  }
  assert.equal(streams, 9);
});

test('a vault without HTTP/2 is refused when HTTP/2 is asked for, and served by 1.1 on auto', async () => {
  await using vault = await tlsVault();
  const refused = await insertWith(vault.url, { caFile: CA_FILE, httpVersion: '2' });
  assert.ok(refused.kind === 'unavailable' && refused.applied === 'no');
  assert.equal((await insertWith(vault.url, { caFile: CA_FILE, httpVersion: 'auto' })).kind, 'judged');
  await assert.rejects(clientFor('http://127.0.0.1:9', { httpVersion: '2' }), /HTTP\/2 needs an https URL/);
  await using plain = await httpVault(acceptAll);
  assert.equal((await insertWith(plain.url, { httpVersion: 'auto' })).kind, 'judged');
});
