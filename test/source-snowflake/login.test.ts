import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { loginOptions } from '../../src/source/snowflake/login-options.js';
import type { SnowflakeConnection } from '../../src/source/snowflake/snowflake-options.js';
import { openSnowflakeSource } from '../../src/source/snowflake/snowflake-source.js';
import {
  connectionTo,
  never,
  pairsOf,
  plan,
  readAll,
  sandboxFor,
  sourceOptions,
  withSource,
} from './fixture.js';
import { newFolder } from '../support/temporary-folder.js';

const passphrase = 'a-long-passphrase';
/** The frame of an encrypted key (PKCS #8) that names PBE-MD5-DES (1.2.840.113549.1.5.3); nothing is in it. */
const oldCipher = [
  '-----BEGIN ENCRYPTED PRIVATE KEY-----',
  Buffer.from(
    '302d301b06092a864886f70d010503300e0408597e6e4cbae8bd6002020800040e' + '00'.repeat(14),
    'hex',
  ).toString('base64'),
  '-----END ENCRYPTED PRIVATE KEY-----',
  '',
].join('\n');
const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('logging in', () => {
  const keys = keyPair();
  const sandbox = sandboxFor({
    seed: { rows: 50 },
    results: { inlineRows: 5, chunkRows: 10 },
    users: [
      {
        name: 'loader',
        password: 'sandbox-password',
        programmaticAccessToken: 'a-programmatic-token',
        oauthToken: 'an-oauth-token',
        publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    ],
  });
  let directory: string;
  before(async () => {
    directory = newFolder(join(tmpdir(), 'snowflake-login-'));
    const pem = { type: 'pkcs8', format: 'pem' } as const;
    await Promise.all([
      writeFile(join(directory, 'pat'), 'a-programmatic-token\n'),
      writeFile(join(directory, 'oauth'), 'an-oauth-token\n'),
      writeFile(join(directory, 'key.pem'), keys.privateKey.export(pem)),
      writeFile(
        join(directory, 'encrypted.pem'),
        keys.privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase }),
      ),
      writeFile(join(directory, 'other.pem'), keyPair().privateKey.export(pem)),
      writeFile(join(directory, 'no-key.pem'), 'nothing of the kind'),
      writeFile(
        join(directory, 'ec.pem'),
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem),
      ),
      writeFile(
        join(directory, 'short.pem'),
        generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem),
      ),
      writeFile(join(directory, 'old-cipher.pem'), oldCipher),
    ]);
  });
  after(() => rm(directory, { recursive: true }));

  const options = (changes: Partial<SnowflakeConnection>) =>
    sourceOptions(sandbox(), {
      connection: { ...connectionTo(sandbox()), password: undefined, ...changes },
    });
  const inDirectory = (name: string) => join(directory, name);

  const accepted: Record<string, () => Partial<SnowflakeConnection>> = {
    'with a password': () => ({ password: 'sandbox-password' }),
    'with a programmatic access token in place of the password': () => ({
      authenticator: 'programmatic_access_token',
      password: 'a-programmatic-token',
    }),
    'with the file of a programmatic access token': () => ({
      authenticator: 'programmatic_access_token',
      token_file: inDirectory('pat'),
    }),
    'with an OAuth token and no user': () => ({
      authenticator: 'OAUTH',
      user: undefined,
      oauth_token: 'an-oauth-token',
    }),
    'with the file of an OAuth token': () => ({ authenticator: 'OAUTH', token_file: inDirectory('oauth') }),
    'with a key pair': () => ({ authenticator: 'SNOWFLAKE_JWT', private_key_path: inDirectory('key.pem') }),
    'with a key pair whose private key is encrypted': () => ({
      authenticator: 'SNOWFLAKE_JWT',
      private_key_path: inDirectory('encrypted.pem'),
      private_key_passphrase: passphrase,
    }),
  };
  for (const [how, changes] of Object.entries(accepted)) {
    it(`works ${how}`, async () => {
      assert.ok((await readAll(options(changes()))).pairs.length > 20);
    });
  }

  const refused: Record<
    string,
    readonly [() => Partial<SnowflakeConnection>, code: string, RegExp, hint: RegExp]
  > = {
    'a wrong password': [
      () => ({ password: 'wrong-secret' }),
      'source',
      /cannot log in.*code 390100/,
      /snowflake\.password/,
    ],
    'a wrong programmatic access token': [
      () => ({ authenticator: 'programmatic_access_token', password: 'wrong-secret' }),
      'source',
      /code 394400/,
      /programmatic access token/,
    ],
    'a wrong OAuth token': [
      () => ({ authenticator: 'OAUTH', oauth_token: 'wrong-secret' }),
      'source',
      /code 390303/,
      /OAuth/,
    ],
    'a key that is not registered': [
      () => ({ authenticator: 'SNOWFLAKE_JWT', private_key_path: inDirectory('other.pem') }),
      'source',
      /code 390144/,
      /RSA_PUBLIC_KEY/,
    ],
    'a wrong passphrase': [
      () => ({
        authenticator: 'SNOWFLAKE_JWT',
        private_key_path: inDirectory('encrypted.pem'),
        private_key_passphrase: 'wrong-secret',
      }),
      'config',
      /encrypted\.pem.*cannot be used/,
      /private_key_passphrase/,
    ],
    'a file that holds no key': [
      () => ({ authenticator: 'SNOWFLAKE_JWT', private_key_path: inDirectory('no-key.pem') }),
      'config',
      /no-key\.pem/,
      /PEM/,
    ],
    'an EC key': [
      () => ({ authenticator: 'SNOWFLAKE_JWT', private_key_path: inDirectory('ec.pem') }),
      'config',
      /ec\.pem.*type EC/,
      /RSA alone.*openssl/,
    ],
    'an RSA key that is too short': [
      () => ({ authenticator: 'SNOWFLAKE_JWT', private_key_path: inDirectory('short.pem') }),
      'config',
      /short\.pem.*RSA key of 1024 bits/,
      /2048 bits and more.*openssl/,
    ],
    'a key that is encrypted with a cipher out of use': [
      () => ({
        authenticator: 'SNOWFLAKE_JWT',
        private_key_path: inDirectory('old-cipher.pem'),
        private_key_passphrase: passphrase,
      }),
      'config',
      /old-cipher\.pem.*cannot be used/,
      /out of use.*-v2 aes256/,
    ],
    'no password': [() => ({}), 'config', /needs a password/, /SNOWFLAKE_PASSWORD/],
  };
  for (const [what, [changes, code, message, hint]] of Object.entries(refused)) {
    it(`says what to check when it is refused for ${what}, and nothing secret`, async () => {
      await assert.rejects(readAll(options(changes())), (error) => {
        assert.ok(error instanceof SuperviseError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.match(error.hint ?? '', hint);
        assert.doesNotMatch(JSON.stringify([error.message, error.hint, error.cause]), /wrong-secret/);
        return true;
      });
    });
  }

  it('is tried once when the password is wrong: more would lock the user', async () => {
    const before = sandbox().stats().loginsRefused;
    await assert.rejects(readAll(options({ password: 'wrong-secret' })));
    assert.equal(sandbox().stats().loginsRefused, before + 1);
  });

  it('is refused here for an authenticator that the driver would take for a password login', () => {
    const connection: SnowflakeConnection = { ...connectionTo(sandbox()) };
    Reflect.set(connection, 'authenticator', 'EXTERNALBROWSER');
    assert.throws(() => openSnowflakeSource(sourceOptions(sandbox(), { connection })), {
      code: 'config',
      message: /"EXTERNALBROWSER" is no authenticator/,
    });
  });

  it('reads the token file again: a token that was renewed in the meantime counts', async () => {
    const tokenFile = inDirectory('renewed');
    await writeFile(tokenFile, 'an-oauth-token');
    await withSource(
      { ...options({ authenticator: 'OAUTH', token_file: tokenFile }), fetchSize: 5 },
      async (source) => {
        const cursor = await source.open(never);
        await cursor.read({ start: 0, end: 5 }, 5);
        await writeFile(tokenFile, 'not-valid-any-more');
        await plan(sandbox(), { now: { expireSessions: 'final' } });
        await assert.rejects(pairsOf(cursor, { start: 5, end: Infinity }), /code 390303/);
      },
    );
  });

  it('passes a proxy with its password to the driver, and none for loopback', async () => {
    const proxy = {
      httpsProxy: 'http://me:p%40ss@proxy.example:3128',
      httpProxy: 'http://other.example',
      noProxy: 'a.example,.b.example',
    };
    const connection = { ...connectionTo(sandbox()), proxy };
    const { proxyHost } = await loginOptions('SSN', connection, 1_000);
    assert.equal(proxyHost, undefined);
    const login = await loginOptions(
      'SSN',
      { ...connection, access_url: undefined, account: 'org-account' },
      1_000,
    );
    assert.deepEqual(
      [login.proxyHost, login.proxyPort, login.proxyUser, login.proxyPassword, login.noProxy],
      ['proxy.example', 3128, 'me', 'p@ss', 'a.example|.b.example'],
    );
  });
});
