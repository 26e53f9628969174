import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { readServiceAccount } from '../../src/vault/credential/service-account.js';
import { ServiceAccountCredential } from '../../src/vault/credential/service-account-credential.js';
import {
  acceptAll,
  clientFor,
  httpVault,
  quiet,
  RECORDS,
  type SeenRequest,
  envelope,
} from './scripted-vault.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const TOKEN_PATH = '/v1/auth/sa/oauth/token';
const MINUTE_MS = 60_000;

const credentialsFor = (tokenURI: string, extra: Record<string, unknown> = {}) =>
  JSON.stringify({
    clientID: 'client-1',
    clientName: 'loader',
    keyID: 'key-1',
    privateKey: PEM,
    tokenURI,
    ...extra,
  });

function accountOf(json: string, now?: () => number): ServiceAccountCredential {
  return new ServiceAccountCredential({
    origin: { json },
    connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 5000 },
    requestTimeoutMs: 5000,
    ...(now === undefined ? {} : { now }),
  });
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;

test('a context goes into the assertion, as a text or an object, and roles into the exchange', async () => {
  const seen: SeenRequest[] = [];
  await using endpoint = await httpVault((request, response, number) => {
    seen.push(request);
    grant(request, response, number);
  });
  const json = credentialsFor(endpoint.url + TOKEN_PATH);
  for (const context of ['{"user":"u1"}', 'user-1', '7']) {
    const credential = new ServiceAccountCredential({
      origin: { json },
      wishes: { context, roles: ['r1', 'r2'] },
      connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 5000, accountId: 'acct' },
      requestTimeoutMs: 5000,
    });
    await credential.current(quiet());
  }
  const bodies = seen.map(({ body }) => JSON.parse(body) as { scope: string; assertion: string });
  assert.deepEqual(new Set(bodies.map(({ scope }) => scope)), new Set(['role:r1 role:r2']));
  assert.deepEqual(
    bodies.map(({ assertion }) => decode(assertion.split('.')[1])['ctx']),
    [{ user: 'u1' }, 'user-1', '7'],
  );
});

/** A token endpoint that gives out `token-0`, `token-1`, … */
function grant(_request: SeenRequest, response: ServerResponse, number: number): void {
  response.end(JSON.stringify({ accessToken: `token-${number}`, tokenType: 'Bearer' }));
}

test('an assertion signed RS256 by the key of the account is exchanged for a token', async () => {
  const seen: SeenRequest[] = [];
  await using endpoint = await httpVault((request, response, number) => {
    seen.push(request);
    grant(request, response, number);
  });
  const tokenUri = endpoint.url + TOKEN_PATH;
  assert.equal(await accountOf(credentialsFor(tokenUri)).current(quiet()), 'token-0');

  const [request] = seen;
  assert.ok(request !== undefined);
  assert.equal(request.path, TOKEN_PATH);
  const { grant_type, assertion } = JSON.parse(request.body) as {
    grant_type: string;
    assertion: string;
  };
  assert.equal(grant_type, 'urn:ietf:params:oauth:grant-type:jwt-bearer');
  const [header, payload, signature] = assertion.split('.');
  assert.deepEqual(decode(header), { alg: 'RS256', typ: 'JWT' });
  const { exp, ...claims } = decode(payload);
  assert.deepEqual(claims, { iss: 'client-1', sub: 'client-1', key: 'key-1', aud: tokenUri });
  const secondsLeft = Number(exp) - Date.now() / 1000;
  assert.ok(secondsLeft > 0 && secondsLeft <= 3600);
  const verify = createVerify('RSA-SHA256').update(`${header ?? ''}.${payload ?? ''}`);
  assert.ok(verify.verify(publicKey, signature ?? '', 'base64url'));
});

test('a token is renewed 5 minutes before its 60 are over, once however many wait', async () => {
  await using endpoint = await httpVault(grant);
  let now = Date.now();
  const account = accountOf(credentialsFor(endpoint.url + TOKEN_PATH), () => now);
  const all = () => Promise.all(Array.from({ length: 32 }, () => account.current(quiet())));
  assert.deepEqual(new Set(await all()), new Set(['token-0']));
  now += 54 * MINUTE_MS;
  assert.deepEqual(new Set(await all()), new Set(['token-0']));
  now += 2 * MINUTE_MS;
  assert.deepEqual(new Set(await all()), new Set(['token-1']));
});

test('the lifetime is read from the token itself, by its own clock', async () => {
  let now = Date.now();
  await using endpoint = await httpVault((_, response, number) => {
    const iat = 1_000_000 + number;
    response.end(
      JSON.stringify({ accessToken: `${encode({ alg: 'none' })}.${encode({ iat, exp: iat + 1800 })}.x` }),
    );
  });
  const account = accountOf(credentialsFor(endpoint.url), () => now);
  const first = await account.current(quiet());
  now += 24 * MINUTE_MS;
  assert.equal(await account.current(quiet()), first);
  now += 2 * MINUTE_MS;
  assert.notEqual(await account.current(quiet()), first);
});

test('a failed early renewal leaves the valid token in use, a failed late one does not', async () => {
  let now = Date.now();
  await using endpoint = await httpVault((request, response, number) => {
    if (number === 0) grant(request, response, number);
    else response.writeHead(500).end('{"error":{"message":"later"}}');
  });
  const account = accountOf(credentialsFor(endpoint.url), () => now);
  await account.current(quiet());
  now += 56 * MINUTE_MS;
  assert.equal(await account.current(quiet()), 'token-0');
  now += 5 * MINUTE_MS;
  await assert.rejects(
    account.current(quiet()),
    (error) => error instanceof SuperviseError && error.code === 'unavailable',
  );
});

test('after a 401 the credentials file is read anew, and 32 requests wait for one renewal', async (t) => {
  const directory = await temporaryFolder(t);
  const file = join(directory, 'credentials.json');
  let grants = 0;
  await using vault = await httpVault((request, response) => {
    if (request.path.startsWith('/new') || request.path.startsWith('/old')) {
      grants += 1;
      response.end(JSON.stringify({ accessToken: request.path.slice(1, 4) }));
    } else if (request.headers.authorization === 'Bearer new') {
      acceptAll(request, response);
    } else {
      response.writeHead(401).end(envelope(401, 'expired', 16));
    }
  });
  await writeFile(file, credentialsFor(`${vault.url}/old`));
  const credential = new ServiceAccountCredential({
    origin: { file },
    connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 5000 },
    requestTimeoutMs: 5000,
  });
  assert.equal(await credential.current(quiet()), 'old');
  await writeFile(file, credentialsFor(`${vault.url}/new`));
  const client = await clientFor(vault.url, { credential, connections: 32 });
  const answers = await Promise.all(
    Array.from({ length: 32 }, () => client.insert(client.encode(RECORDS), { signal: quiet() })),
  );
  await client.close();
  assert.ok(answers.every(({ answer }) => answer.kind === 'judged'));
  assert.equal(grants, 2);
});

test('an endpoint that cannot be reached may pass, one that refuses the account may not; neither was sent', async () => {
  await using vault = await httpVault(acceptAll);
  const silent = await clientFor(vault.url, { credential: accountOf(credentialsFor('http://127.0.0.1:9')) });
  const { answer } = await silent.insert(silent.encode(RECORDS), { signal: quiet() });
  await silent.close();
  assert.ok(answer.kind === 'unavailable' && answer.applied === 'no');

  await using endpoint = await httpVault(({ body }, response) => {
    const { assertion } = JSON.parse(body) as { assertion: string };
    response.writeHead(400).end(JSON.stringify({ error: { message: `no key for ${assertion}` } }));
  });
  const refused = await clientFor(vault.url, { credential: accountOf(credentialsFor(endpoint.url)) });
  const second = await refused.insert(refused.encode(RECORDS), { signal: quiet() });
  await refused.close();
  assert.ok(second.answer.kind === 'unauthorized');
  assert.match(
    second.answer.message,
    /^127\.0\.0\.1:\d+ gave no token: HTTP 400, a message that is not among those known \(\d+ characters/,
  );
});

test('unusable credentials are named without quoting them', async () => {
  const cases: [json: string, message: RegExp][] = [
    ['{"clientID": "secret-thing', /^The credentials JSON is not JSON \(26 characters\)$/],
    [credentialsFor('https://x.test', { keyID: '' }), /lacks or has an unusable keyID$/],
    [credentialsFor('http://x.test/'), /tokenURI that is not an https URL$/],
    [credentialsFor('nonsense'), /tokenURI that is not an https URL$/],
    [
      credentialsFor('https://x.test', { privateKey: 'secret-thing' }),
      /no RSA private key in PEM \(12 characters\)$/,
    ],
  ];
  for (const [json, message] of cases) {
    await assert.rejects(accountOf(json).current(quiet()), (error) => {
      assert.ok(error instanceof SuperviseError && error.code === 'config');
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret-thing/);
      return true;
    });
  }
});

test('credentials with a byte order mark, and a key that lost its line breaks on the way, are read', async () => {
  for (const lineBreak of ['\n', '\r\n', '\\n', '\\r\\n', ' ', ''])
    for (const mark of ['', '\ufeff']) {
      const key = PEM.replaceAll('\n', lineBreak);
      const json = mark + credentialsFor('https://x.test/', { privateKey: key });
      const account = await readServiceAccount({ json });
      assert.ok(account.privateKey.equals(privateKey));
    }
});

test('credentials are read as shells, stores and editors leave them', async (t) => {
  const whole = credentialsFor('https://x.test/');
  const withKey = (key: string): string => credentialsFor('https://x.test/', { privateKey: key });
  const pasted: Readonly<Record<string, string>> = {
    'line breaks that were escaped twice': withKey(PEM.replaceAll('\n', '\\\\n')),
    'a key in quotes of its own': withKey(`"${PEM}"`),
    'line breaks that a shell has put in': whole.replaceAll('\\n', '\n'),
    'the same with carriage returns': whole.replaceAll('\\n', '\r\n'),
    'a text of a text': JSON.stringify(whole),
    'blanks around': ` \n${whole}\n `,
    'blanks around an id': credentialsFor('https://x.test/', { clientID: ' client-1\n' }),
  };
  for (const [how, json] of Object.entries(pasted)) {
    const account = await readServiceAccount({ json });
    assert.ok(account.privateKey.equals(privateKey), how);
    assert.doesNotMatch(account.clientId, /\s/, how);
  }
  const folder = await temporaryFolder(t);
  const file = join(folder, 'credentials.json');
  const utf16 = Buffer.from(`\ufeff${whole}`, 'utf16le');
  for (const bytes of [utf16, Buffer.from(utf16).swap16()]) {
    await writeFile(file, bytes, { mode: 0o600 });
    assert.ok((await readServiceAccount({ file })).privateKey.equals(privateKey));
  }
  const encrypted = privateKey.export({
    ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });
  await assert.rejects(
    readServiceAccount({ json: withKey(encrypted.toString()) }),
    /privateKey that is encrypted/,
  );
});
