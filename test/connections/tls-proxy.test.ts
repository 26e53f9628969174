import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { createServerCertificate } from '../../src/sandbox/self-signed-certificate.js';
import { startSnowflakeSandbox } from '../../src/sandbox/snowflake/snowflake-sandbox.js';
import { withoutDriver } from '../support/optional-packages.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { startProxy } from './proxy-process.js';

const { SSN } = vaults;
const login = 'user:s3cret/p@ss';
const proxyUrl = (port: number): string => `https://user:s3cret%2Fp%40ss@127.0.0.1:${port}`;

test('a vault behind a proxy that speaks TLS is logged in to and loaded through it', async () => {
  const certificate = await createServerCertificate();
  await using proxy = await startProxy(login, certificate);
  await using workspace = await Workspace.create();
  const options = ['hostNames=["vault.test"]', `credentialsFile=${workspace.at('credentials.json')}`];
  await using sandbox = await startSandbox(workspace.path, options, { tls: true });
  // The authorities of both: that of the proxy is another one.
  const authorities = [await readFile(sandbox.caFile ?? '', 'utf8'), certificate.caPem];
  await writeFile(workspace.at('ca.pem'), authorities.join('\n'));
  const authority = `vault.test:${new URL(sandbox.tlsUrl ?? '').port}`;
  const pairs = makePairs(100, 'ssn');
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(`https://${authority}`, ['SSN'], {
    skyflow: {
      ...{ bearer_token: undefined, credentials_file: 'credentials.json' },
      ca_file: workspace.at('ca.pem'),
    },
    performance: { batch_size: 20, max_concurrency: 2 },
  });

  await workspace.run(['--all'], { env: { HTTPS_PROXY: proxyUrl(proxy.port) }, status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
  const tunnels = await proxy.seen();
  assert.ok(tunnels.length > 0);
  for (const tunnel of tunnels) assert.deepEqual(tunnel, { connect: authority, authorised: true });
});

test(
  'Snowflake behind a proxy that speaks TLS is logged in to and read through it',
  { skip: withoutDriver },
  async () => {
    const certificate = await createServerCertificate(['account.test']);
    await using proxy = await startProxy(login, certificate);
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path);
    const account = await startSnowflakeSandbox({
      seed: { rows: 40 },
      results: { inlineRows: 100 },
      storage: 'memory',
    });
    // The account itself, over TLS, by a name that only the proxy resolves.
    const front = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (socket) => {
      const inside = connect(Number(new URL(account.accessUrl).port), '127.0.0.1');
      for (const side of [socket, inside])
        side.on('error', () => [socket, inside].map((one) => one.destroy()));
      socket.pipe(inside).pipe(socket);
    });
    try {
      front.listen(0, '127.0.0.1');
      await once(front, 'listening');
      const authority = `account.test:${(front.address() as AddressInfo).port}`;
      await writeFile(workspace.at('ca.pem'), certificate.caPem);
      const configuration = {
        source: 'snowflake',
        skyflow: {
          ...{ vault_url: sandbox.url, bearer_token: 'test-bearer-token', settle_ms: 0 },
          vaults: [{ name: 'SSN', id: SSN.id, column: SSN.column }],
        },
        snowflake: {
          ...{ account: 'TEST-ACCOUNT', access_url: `https://${authority}` },
          ...{ user: 'LOADER', password: 'sandbox-password' },
        },
        performance: { append_suffix: false, max_records: 0, batch_size: 20 },
      };
      await writeFile(workspace.at('config.json'), JSON.stringify(configuration), { mode: 0o600 });

      await workspace.run(['--all'], {
        env: { HTTPS_PROXY: proxyUrl(proxy.port), NODE_EXTRA_CA_CERTS: workspace.at('ca.pem') },
        status: 0,
      });
      assert.ok((await sandbox.count(SSN.id, SSN.column)) > 20);
      const tunnels = await proxy.seen();
      assert.ok(tunnels.length > 0);
      for (const tunnel of tunnels) assert.deepEqual(tunnel, { connect: authority, authorised: true });
    } finally {
      front.close();
      await account.close();
    }
  },
);
