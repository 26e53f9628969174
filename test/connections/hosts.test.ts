import assert from 'node:assert/strict';
import dns from 'node:dns';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isAllowedHost } from '../../src/outside/hosts.js';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { loginOptions } from '../../src/source/snowflake/login-options.js';
import { ServiceAccountCredential } from '../../src/vault/credential/service-account-credential.js';
import { connectionTo, readAll, sourceOptions } from '../source-snowflake/fixture.js';
import { withoutDriver } from '../support/optional-packages.js';
import { Workspace } from '../support/workspace.js';
import { acceptAll, clientFor, httpVault, quiet, RECORDS, scripted } from '../vault/scripted-vault.js';

/** An address of this machine that is not loopback, standing in for somebody else's. */
const address = Object.values(networkInterfaces())
  .flat()
  .find((found) => found?.family === 'IPv4' && !found.internal)?.address;

const { lookup } = dns;

/** From now on every name leads to `address`, as DNS or /etc/hosts may have it. */
function misdirect(to: string): void {
  const answer = (...given: unknown[]): void => {
    const done = given.at(-1) as (...found: unknown[]) => void;
    const options = given[1];
    const all = typeof options === 'object' && options !== null && Reflect.get(options, 'all') === true;
    if (all) done(null, [{ address: to, family: 4 }]);
    else done(null, to, 4);
  };
  Object.assign(dns, { lookup: answer });
}

test(
  'http to this machine is where the name leads, not what it is called: records and token go nowhere else',
  { skip: address === undefined ? 'there is no address but loopback' : false },
  async () => {
    const seen: string[] = [];
    const server = createServer(
      scripted((request, response) => {
        seen.push(request.path);
        acceptAll(request, response);
      }),
    ).listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    misdirect(address ?? '');
    try {
      const client = await clientFor(`http://localhost:${port}`);
      const { answer } = await client.insert(client.encode(RECORDS), { signal: quiet() });
      await client.close();
      assert.ok(answer.kind === 'unavailable' && answer.applied === 'no', JSON.stringify(answer));
      assert.deepEqual([answer.networkCode, answer.lasting], ['HTTP_NOT_LOOPBACK', true]);
      assert.match(answer.message, /not this machine/);
      assert.deepEqual(seen, []);
      // Only what is loopback is let through, whatever its name.
      Object.assign(dns, { lookup });
      await using vault = await httpVault(acceptAll);
      const own = await clientFor(vault.url.replace('127.0.0.1', 'localhost'));
      const { answer: taken } = await own.insert(own.encode(RECORDS), { signal: quiet() });
      assert.equal(taken.kind, 'judged', JSON.stringify(taken));
      await own.close();
    } finally {
      Object.assign(dns, { lookup });
      server.close();
      server.closeAllConnections();
    }
  },
);

test('a name below .localhost is no loopback: http to it is refused before anything begins', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://vault.localhost:8080', ['SSN']);
  const end = await workspace.run(['--all'], { status: 2 });
  assert.match(end.stderr, /http to vault\.localhost:8080, which would send records and token unencrypted/);
});

test('hosts are allowed by name, by suffix and by address', () => {
  const allowed = 'vault.example, .snow.example *.cdn.example [::1] 10.0.0.1';
  for (const host of [
    'vault.example',
    'VAULT.example.',
    'a.snow.example',
    'b.cdn.example',
    '::1',
    '[::1]',
    '10.0.0.1',
  ])
    assert.ok(isAllowedHost(host, allowed), host);
  for (const host of [
    'evil.example',
    'a.vault.example',
    'snow.example',
    'notvault.example',
    '10.0.0.2',
    'xsnow.example',
  ])
    assert.ok(!isAllowedHost(host, allowed), host);
  assert.ok(isAllowedHost('anything', undefined));
  assert.ok(!isAllowedHost('anything', ''));
});

test('nothing goes to a vault or token endpoint that is not allowed', async () => {
  const seen: string[] = [];
  await using server = await httpVault((request, response) => {
    seen.push(request.path);
    acceptAll(request, response);
  });
  await assert.rejects(
    clientFor(server.url, { allowedHosts: 'vault.example' }),
    /127\.0\.0\.1 is none of the hosts/,
  );
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const json = JSON.stringify({
    clientID: 'client',
    keyID: 'key',
    tokenURI: `${server.url}/token`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const account = new ServiceAccountCredential({
    origin: { json },
    connection: { httpVersion: '1.1', proxy: {}, connectTimeoutMs: 5_000, allowedHosts: 'vault.example' },
    requestTimeoutMs: 5_000,
  });
  await assert.rejects(account.current(quiet()), /skyflow\.allowed_hosts, so nothing is sent there/);
  assert.deepEqual(seen, []);

  await using workspace = await Workspace.create();
  await workspace.configure(server.url, ['SSN'], { skyflow: { allowed_hosts: '.vault.skyflowapis.com' } });
  for (const argv of [['--all'], ['check']]) {
    const end = await workspace.run(argv, { status: 2 });
    assert.match(end.stdout + end.stderr, /skyflow\.vault_url.*skyflow\.allowed_hosts/s);
  }
  assert.deepEqual(seen, []);
});

test(
  "Snowflake's driver reaches hosts that are allowed, and no others",
  { skip: withoutDriver },
  async () => {
    const sandbox = await startSnowflakeSandbox({
      seed: { rows: 20 },
      results: { inlineRows: 2, chunkRows: 5 },
    });
    try {
      const sessions = (): number => sandbox.stats().sessionsOpened;
      const connection = { ...connectionTo(sandbox), allowed_hosts: '.snowflakecomputing.com' };
      await assert.rejects(
        readAll(sourceOptions(sandbox, { connection })),
        /127\.0\.0\.1 is none of the hosts of snowflake\.allowed_hosts/,
      );
      assert.equal(sessions(), 0);
      const own = { ...connection, allowed_hosts: '127.0.0.1' };
      assert.ok((await readAll(sourceOptions(sandbox, { connection: own }))).rows > 0);
    } finally {
      await sandbox.close();
    }
  },
);

test(
  'plain http to Snowflake goes to this machine alone, by address',
  { skip: address === undefined ? 'there is no address but loopback' : false },
  async () => {
    const connection = {
      account: 'a',
      user: 'u',
      authenticator: 'snowflake',
      password: 'p',
      warehouse: 'w',
      database: 'd',
      schema: 's',
      proxy: {},
    } as const;
    const at = (accessUrl: string) => loginOptions('V', { ...connection, access_url: accessUrl }, 10);
    assert.equal((await at('http://127.0.0.1:8080/')).accessUrl, 'http://127.0.0.1:8080');
    assert.equal((await at('https://localhost:8080/')).accessUrl, 'https://localhost:8080');
    await assert.rejects(at(`http://${address ?? ''}:8080`), /not this machine/);
  },
);
