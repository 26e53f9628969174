import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import {
  startSnowflakeSandbox,
  type SnowflakeSandbox,
} from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { connect, select, withConnection } from './driver.js';

const keyPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

describe('logging in with the real driver', () => {
  const registered = keyPair();
  let sandbox: SnowflakeSandbox;

  before(async () => {
    sandbox = await startSnowflakeSandbox({
      seed: { rows: 10 },
      users: [
        {
          name: 'loader',
          password: 'sandbox-password',
          programmaticAccessToken: 'a-pat',
          oauthToken: 'an-oauth-token',
          publicKey: registered.publicKey,
        },
      ],
    });
  });
  after(() => sandbox.close());

  const accepted = {
    'a password': {},
    'a programmatic access token': { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: 'a-pat' },
    'a programmatic access token in place of the password': {
      authenticator: 'PROGRAMMATIC_ACCESS_TOKEN',
      password: 'a-pat',
    },
    'an OAuth token': { authenticator: 'OAUTH', token: 'an-oauth-token' },
    'a programmatic access token as the password': { password: 'a-pat' },
    'a key pair': { authenticator: 'SNOWFLAKE_JWT', privateKey: registered.privateKey },
  };
  for (const [what, options] of Object.entries(accepted)) {
    it(`accepts ${what} and knows whose session it is`, async () => {
      const rows = await withConnection(
        sandbox.accessUrl,
        { role: 'READER', warehouse: 'WH', ...options },
        (it) =>
          select(
            it,
            'SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()',
          ),
      );
      assert.deepEqual(rows, [['LOADER', 'READER', 'WH', 'ELEVANCE', 'PUBLIC']]);
    });
  }

  const refused = {
    'a wrong password': [{ password: 'guess' }, '390100'],
    'an unknown user': [{ username: 'nobody' }, '390100'],
    'a wrong programmatic access token': [
      { authenticator: 'PROGRAMMATIC_ACCESS_TOKEN', token: 'guess' },
      '394400',
    ],
    'a wrong OAuth token': [{ authenticator: 'OAUTH', token: 'guess' }, '390303'],
    'a key that is not registered': [
      { authenticator: 'SNOWFLAKE_JWT', privateKey: keyPair().privateKey },
      '390144',
    ],
  } as const;
  for (const [what, [options, code]] of Object.entries(refused)) {
    it(`refuses ${what} with ${code}`, async () => {
      const { loginsRefused } = sandbox.stats();
      await assert.rejects(connect(sandbox.accessUrl, options), { code });
      assert.equal(sandbox.stats().loginsRefused, loginsRefused + 1);
    });
  }

  it('closes the session when the driver logs out', async () => {
    await withConnection(sandbox.accessUrl, {}, async (connection) => {
      assert.equal(connection.isUp(), true);
      assert.equal(sandbox.stats().sessionsOpen, 1);
      await Promise.resolve();
    });
    assert.equal(sandbox.stats().sessionsOpen, 0);
  });
});
