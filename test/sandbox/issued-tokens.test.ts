import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { bulk, insert, sandboxFor, send, type Answer } from './sandbox-client.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const json = (answer: Answer): unknown => JSON.parse(answer.text);

test('a credentials file names where tokens are by a name of the certificate: some clients take names only', async (t) => {
  for (const [hostNames, name] of [
    [[], 'localhost'],
    [['vault.test'], 'vault.test'],
  ] as const) {
    const folder = await temporaryFolder(t);
    const credentialsFile = join(folder, 'credentials.json');
    const sandbox = await sandboxFor(t, { tls: true, hostNames: [...hostNames], credentialsFile });
    const { tokenURI } = JSON.parse(await readFile(credentialsFile, 'utf8')) as { tokenURI: string };
    const { protocol, hostname, port, pathname } = new URL(tokenURI);
    assert.deepEqual([protocol, hostname, pathname], ['https:', name, '/v1/auth/sa/oauth/token']);
    // The port is that of `tlsPort`: the usual one is left out of a URL, and is what a client that drops it goes to.
    assert.equal(port, new URL(sandbox.tlsUrl ?? '').port);
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: sandbox.caPem, servername: name });
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, true, 'the certificate is for that name');
    socket.destroy();
  }
});

test('issued tokens carry scope and ctx, and signed data tokens are opened where their account is known', async (t) => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKeyPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const sandbox = await sandboxFor(t, { serviceAccounts: [{ clientId: 'c', keyId: 'k', publicKeyPem }] });
  const jwt = (claims: object): string => {
    const signed = [{ alg: 'RS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), keys.privateKey).toString('base64url')}`;
  };
  const exp = Math.floor(Date.now() / 1000) + 600;
  const path = '/v1/auth/sa/oauth/token';
  const assertion = jwt({ iss: 'c', sub: 'c', key: 'k', aud: `https://x${path}`, exp, ctx: 'the context' });
  const grant = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
    scope: 'role:r1 role:r2',
  };
  const granted = await send(sandbox.url, 'POST', path, { body: grant });
  const { accessToken } = json(granted) as { accessToken: string };
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as object;
  assert.deepEqual({ ...claims, ctx: 'the context', scope: 'role:r1 role:r2' }, claims);

  await insert(sandbox, bulk(1), accessToken);
  const ask = (token: string): Promise<Answer> =>
    send(sandbox.url, 'POST', '/v1/vaults/v1/detokenize', {
      token: accessToken,
      body: { detokenizationParameters: [{ token, redaction: 'PLAIN_TEXT' }] },
    });
  const signedToken = (changes: object = {}): string =>
    `signed_token_${jwt({ iss: 'sdk', key: 'k', sub: 'c', exp, tok: 'token-0', ...changes })}`;
  assert.match((await ask(signedToken())).text, /"value":"value-0"/u);
  assert.equal((await ask(signedToken({ exp: 1 }))).status, 400);
  assert.equal((await ask(`${signedToken()}x`)).status, 400);
});
