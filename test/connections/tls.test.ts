import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { trafficOf } from './sandbox-traffic.js';

const { SSN } = vaults;
const pairs = makePairs(600, 'ssn');

for (const httpVersion of ['1.1', '2', 'auto'] as const) {
  test(`over TLS with http_version ${httpVersion}, server errors and closed connections lose and double nothing`, async () => {
    await using workspace = await Workspace.create();
    // With HTTP/2 a connection that is closed by announcement is a GOAWAY.
    const faults = ['errorBefore.rate=0.1', 'keepAliveRequests=5', 'faultRoutes=["insert"]'];
    await using sandbox = await startSandbox(workspace.path, faults, { tls: true });
    await workspace.writePairs('SSN', pairs);
    await workspace.configure(sandbox.tlsUrl ?? '', ['SSN'], {
      skyflow: { ca_file: sandbox.caFile },
      performance: { batch_size: 12, max_concurrency: 4, http_version: httpVersion },
    });

    await workspace.run(['--all'], { status: 0 });
    assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.read, totals.uploaded, totals.failed, totals.unsettled], [600, 600, 0, 0]);
    const {
      requests_by_http_version: versions,
      requests_by_route: routes,
      ...traffic
    } = await trafficOf(sandbox);
    assert.ok((routes['insert']?.['500'] ?? 0) > 0, 'there were server errors');
    assert.ok(traffic.connections_opened > 4, 'connections were closed');
    const unused = httpVersion === '1.1' ? '2' : '1.1';
    assert.equal(versions[unused], 0);
  });
}

test('without its authority a vault is refused before anything is sent, and the error names the setting', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [], { tls: true });
  await workspace.writePairs('SSN', makePairs(50, 'ssn'));
  await workspace.configure(sandbox.tlsUrl ?? '', ['SSN']);

  const end = await workspace.run(['--all'], { status: 3 });
  const { vaults: entries, totals } = await workspace.summary();
  assert.match(
    entries[0]?.error?.message ?? '',
    /certificate.*no trusted authority stands behind the certificate; a private one is named by skyflow\.ca_file/,
  );
  assert.match(end.stdout, /skyflow\.ca_file/);
  assert.deepEqual([totals.uploaded, totals.failed], [0, 0]);
  assert.equal((await trafficOf(sandbox)).requests, 0);
});

test('an authority may come from NODE_EXTRA_CA_CERTS instead', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [], { tls: true });
  await workspace.writePairs('SSN', makePairs(50, 'ssn'));
  await workspace.configure(sandbox.tlsUrl ?? '', ['SSN']);

  const env = { NODE_EXTRA_CA_CERTS: sandbox.caFile ?? '' };
  await workspace.run(['--all'], { env, status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(makePairs(50, 'ssn')));
});
