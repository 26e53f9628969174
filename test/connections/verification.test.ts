import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { program as commandLine } from '../../supervisor/commands/program.js';
import { loadDriver } from '../../src/source/snowflake/load-driver.js';
import { ServiceAccountCredential } from '../../src/vault/credential/service-account-credential.js';
import { withoutDriver } from '../support/optional-packages.js';
import { Workspace } from '../support/workspace.js';
import {
  acceptAll,
  clientFor,
  listen,
  quiet,
  RECORDS,
  scripted,
  type ScriptedServer,
} from '../vault/scripted-vault.js';

const fixtures = join(fileURLToPath(import.meta.url), '../../../../test/vault/fixtures');
const identity = {
  key: await readFile(join(fixtures, 'server-key.pem')),
  cert: await readFile(join(fixtures, 'server.pem')),
};

/** A server that nobody trusts, and what it was told. */
async function stranger(protocols: {
  http2: boolean;
}): Promise<ScriptedServer & { readonly heard: string[] }> {
  const heard: string[] = [];
  const listener = scripted((request, response) => {
    heard.push(request.path);
    acceptAll(request, response);
  });
  const server = protocols.http2
    ? createSecureServer(identity, (_request, response) => {
        heard.push('a request over HTTP/2');
        response.end('{}');
      })
    : createServer(identity, listener).on('connect', (request, socket) => {
        heard.push(`CONNECT ${request.headers['proxy-authorization'] ?? ''}`);
        socket.destroy();
      });
  const listening = await listen(server, 'https');
  return { ...listening, heard, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() };
}

before(() => (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'));
after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);

for (const httpVersion of ['1.1', '2'] as const) {
  test(`a vault that cannot prove itself gets nothing over HTTP/${httpVersion}, whatever Node's own switch says`, async () => {
    await using vault = await stranger({ http2: httpVersion === '2' });
    const client = await clientFor(vault.url, { httpVersion });
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    await client.close();
    assert.ok(answer.kind === 'unavailable' && answer.applied === 'no');
    assert.equal(answer.networkCode, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    assert.deepEqual(vault.heard, []);
  });
}

test('a proxy reached over TLS is verified before it is given a password', async () => {
  await using proxy = await stranger({ http2: false });
  const client = await clientFor('https://vault.test', {
    proxy: { httpsProxy: proxy.url.replace('https://', 'https://user:secret@') },
  });
  const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
  await client.close();
  assert.ok(answer.kind === 'unavailable' && answer.applied === 'no');
  assert.equal(answer.networkCode, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  assert.deepEqual(proxy.heard, []);
});

test('a token endpoint that cannot prove itself gets no assertion', async () => {
  await using endpoint = await stranger({ http2: false });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = new ServiceAccountCredential({
    origin: {
      json: JSON.stringify({
        clientID: 'client',
        keyID: 'key',
        tokenURI: `${endpoint.url}/token`,
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      }),
    },
    connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 10_000 },
    requestTimeoutMs: 10_000,
  });
  await assert.rejects(account.current(quiet()), /unable to verify the first certificate/);
  assert.deepEqual(endpoint.heard, []);
});

test('TLS 1.1 is spoken with nobody, even where Node itself may', async () => {
  const { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS } = tls;
  const old = {
    ...identity,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const;
  await using vault = await listen(createServer(old, scripted(acceptAll)), 'https');
  try {
    tls.DEFAULT_MIN_VERSION = 'TLSv1';
    tls.DEFAULT_CIPHERS = 'DEFAULT@SECLEVEL=0';
    const client = await clientFor(vault.url, { caFile: join(fixtures, 'ca.pem') });
    const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
    await client.close();
    assert.ok(answer.kind === 'unavailable' && answer.applied === 'no', JSON.stringify(answer));
  } finally {
    Object.assign(tls, { DEFAULT_MIN_VERSION, DEFAULT_CIPHERS });
  }
});

test('every command refuses an environment that switches verification off, before it does anything', async () => {
  await using workspace = await Workspace.create();
  for (const { name, minOperands } of commandLine.commands) {
    const operands = Array.from({ length: minOperands }, () => '1');
    const end = await workspace.run([name, ...operands], { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
    assert.equal(end.status, 2, `${name}: ${end.stderr}`);
    assert.match(end.stderr, /NODE_TLS_REJECT_UNAUTHORIZED=0 .*verification/, name);
  }
});

test("Snowflake's driver verifies too", { skip: withoutDriver }, async () => {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  await using server = await stranger({ http2: false });
  const driver = await loadDriver();
  const connection = driver.createConnection({
    account: 'account',
    accessUrl: server.url,
    username: 'user',
    password: 'secret',
    authenticator: 'SNOWFLAKE',
    warehouse: 'w',
    database: 'd',
    schema: 's',
    application: 'test',
    clientSessionKeepAlive: false,
    resultPrefetch: 1,
    rowStreamHighWaterMark: 1,
    sfRetryMaxLoginRetries: 0,
  });
  const error = await new Promise((resolve) => connection.connect(resolve));
  assert.match(String(error), /unable to verify the first certificate/);
  // Its agents say nothing of verification: Node's switch is gone before they are made.
  assert.equal(process.env['NODE_TLS_REJECT_UNAUTHORIZED'], undefined);
  assert.equal(tls.DEFAULT_MIN_VERSION, 'TLSv1.2');
  assert.deepEqual(server.heard, []);
});
