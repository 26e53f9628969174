import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bulk, insert, patch, sandboxFor, send } from './sandbox-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ACCOUNT = {
  clientId: 'client',
  keyId: 'key',
  publicKeyPem: KEYS.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};
const TOKEN_PATH = '/v1/auth/sa/oauth/token';

function assertion(claims: object, key = KEYS.privateKey, alg = 'RS256'): string {
  const signed = [{ alg, typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

function claims(changes: object = {}): object {
  const aud = `https://sandbox${TOKEN_PATH}`;
  return {
    iss: 'client',
    sub: 'client',
    key: 'key',
    aud,
    exp: Math.floor(Date.now() / 1000) + 3600,
    ...changes,
  };
}

const grant = (text: string): object => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  assertion: text,
});

describe('bearer tokens', () => {
  test('any is accepted when none is listed, but one there must be', async (t) => {
    const sandbox = await sandboxFor(t);
    assert.equal((await insert(sandbox, bulk(1), 'whatever')).status, 200);
    const answer = await send(sandbox.url, 'POST', '/v1/vaults/v1/persons', { body: bulk(1), token: null });
    assert.equal(answer.status, 401);
    assert.ok(answer.headers['x-request-id']);
  });

  test('only listed tokens and API keys are accepted, each for what it may do', async (t) => {
    const apiKey = 'sky-ab123-0123456789abcdef0123456789abcdef';
    const sandbox = await sandboxFor(t, {
      accessTokens: [
        { token: 'all' },
        { token: apiKey },
        { token: 'writer', access: 'insert' },
        { token: 'nothing', access: 'none' },
      ],
    });
    const statuses = async (token: string): Promise<number[]> => [
      (await insert(sandbox, bulk(1), token)).status,
      (await send(sandbox.url, 'GET', '/v1/vaults/v1/persons', { token })).status,
    ];
    assert.deepEqual(await statuses('all'), [200, 200]);
    assert.deepEqual(await statuses(apiKey), [200, 200]);
    assert.deepEqual(await statuses('writer'), [200, 403]);
    assert.deepEqual(await statuses('nothing'), [403, 403]);
    assert.deepEqual(await statuses('stranger'), [401, 401]);
  });

  test('a token expires after its lifetime, and others when the control says so', async (t) => {
    const sandbox = await sandboxFor(t, {
      accessTokens: [
        { token: 'brief', lifetimeMs: 0 },
        { token: 'long', lifetimeMs: 3_600_000 },
      ],
    });
    assert.equal((await insert(sandbox, bulk(1), 'brief')).status, 401);
    assert.equal((await insert(sandbox, bulk(1), 'long')).status, 200);
    await patch(sandbox, { expiredTokens: ['long'] });
    assert.equal((await insert(sandbox, bulk(1), 'long')).status, 401);
    await patch(sandbox, { expiredTokens: null });
    assert.equal((await insert(sandbox, bulk(1), 'long')).status, 200);
  });
});

describe('service accounts', () => {
  test('a signed assertion is answered with a bearer token that is accepted until it is ended', async (t) => {
    const sandbox = await sandboxFor(t, { serviceAccounts: [ACCOUNT] });
    const answer = await send(sandbox.url, 'POST', TOKEN_PATH, {
      body: grant(assertion(claims())),
      token: null,
    });
    const { accessToken, tokenType } = JSON.parse(answer.text) as { accessToken: string; tokenType: string };
    assert.equal(tokenType, 'Bearer');
    assert.equal((await insert(sandbox, bulk(1), accessToken)).status, 200);
    assert.equal((await insert(sandbox, bulk(1), 'stranger')).status, 401);
    const { exp } = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    assert.ok(exp > Date.now() / 1000 + 3500);
    await send(sandbox.controlUrl, 'POST', '/sandbox/expire-tokens');
    assert.equal((await insert(sandbox, bulk(1), accessToken)).status, 401);
  });

  test('an issued token ends with the lifetime that is configured, and may be for inserts only', async (t) => {
    const sandbox = await sandboxFor(t, {
      serviceAccounts: [{ ...ACCOUNT, access: 'insert' }],
      issuedLifetimeMs: 0,
    });
    const issue = async (): Promise<string> => {
      const body = grant(assertion(claims()));
      const { text } = await send(sandbox.url, 'POST', TOKEN_PATH, { body, token: null });
      return (JSON.parse(text) as { accessToken: string }).accessToken;
    };
    assert.equal((await insert(sandbox, bulk(1), await issue())).status, 401);
    await patch(sandbox, { issuedLifetimeMs: 60_000 });
    const token = await issue();
    assert.equal((await insert(sandbox, bulk(1), token)).status, 200);
    assert.equal((await send(sandbox.url, 'GET', '/v1/vaults/v1/persons', { token })).status, 403);
  });

  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const seconds = Math.floor(Date.now() / 1000);
  const wrong: readonly [string, () => object, number][] = [
    ['another grant type', () => ({ ...grant(assertion(claims())), grant_type: 'password' }), 400],
    ['no JWT', () => grant('abc'), 400],
    ['an unknown client', () => grant(assertion(claims({ iss: 'x', sub: 'x' }))), 401],
    ['an unknown key', () => grant(assertion(claims({ key: 'x' }))), 401],
    ['a subject that is not the issuer', () => grant(assertion(claims({ sub: 'x' }))), 401],
    ['another audience', () => grant(assertion(claims({ aud: 'https://other/' }))), 401],
    ['an assertion that has expired', () => grant(assertion(claims({ exp: seconds - 10 }))), 401],
    ['an assertion that lasts over an hour', () => grant(assertion(claims({ exp: seconds + 7200 }))), 401],
    ['a signature by another key', () => grant(assertion(claims(), stranger)), 401],
    ['another algorithm', () => grant(assertion(claims(), KEYS.privateKey, 'none')), 401],
  ];
  for (const [what, body, status] of wrong) {
    test(`refuses ${what}`, async (t) => {
      const sandbox = await sandboxFor(t, { serviceAccounts: [ACCOUNT] });
      const answer = await send(sandbox.url, 'POST', TOKEN_PATH, { body: body(), token: null });
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /accessToken/u);
    });
  }

  test('writes the credentials file of a new account, whose key gets tokens', async (t) => {
    const folder = await temporaryFolder(t);
    const credentialsFile = join(folder, 'credentials.json');
    const sandbox = await sandboxFor(t, { credentialsFile });
    const file = JSON.parse(await readFile(credentialsFile, 'utf8')) as Record<string, string>;
    assert.equal(file['tokenURI'], `${sandbox.url}${TOKEN_PATH}`);
    assert.equal(createPublicKey(file['privateKey'] ?? '').asymmetricKeyDetails?.modulusLength, 2048);
    const text = assertionFrom(file);
    const answer = await send(sandbox.url, 'POST', TOKEN_PATH, { body: grant(text), token: null });
    assert.equal(answer.status, 200);
    assert.equal((await insert(sandbox, bulk(1), 'stranger')).status, 401);
  });
});

function assertionFrom(file: Readonly<Record<string, string>>): string {
  const { clientID, keyID, tokenURI, privateKey = '' } = file;
  const body = {
    iss: clientID,
    sub: clientID,
    key: keyID,
    aud: tokenURI,
    exp: Math.floor(Date.now() / 1000) + 60,
  };
  const signed = [{ alg: 'RS256' }, body]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
}
