import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTexts, readTree } from '../support/file-tree.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { startProxy } from './proxy-process.js';
import { trafficOf } from './sandbox-traffic.js';

const { SSN } = vaults;
const pairs = makePairs(200, 'ssn');

interface Place {
  readonly workspace: Workspace;
  readonly sandbox: TestSandbox;
  /** Host and port of the vault, under a name that only the proxy resolves. */
  readonly authority: string;
  readonly load: (env: Readonly<Record<string, string>>) => Promise<ProgramEnd>;
}

/** A vault known as vault.test, over TLS with a certificate for that name. */
async function withVault(work: (place: Place) => Promise<void>): Promise<void> {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['hostNames=["vault.test"]'], { tls: true });
  const authority = `vault.test:${new URL(sandbox.tlsUrl ?? '').port}`;
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(`https://${authority}`, ['SSN'], {
    skyflow: { ca_file: sandbox.caFile },
    performance: { batch_size: 20, max_concurrency: 3 },
  });
  const load = (env: Readonly<Record<string, string>>): Promise<ProgramEnd> =>
    workspace.run(['--all'], { env });
  await work({ workspace, sandbox, authority, load });
}

async function assertNothingSent({ workspace, sandbox }: Place, end: ProgramEnd): Promise<void> {
  assert.equal(end.status, 3, end.stdout + end.stderr);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.uploaded, totals.failed], [0, 0]);
  assert.equal((await trafficOf(sandbox)).requests, 0);
}

for (const variable of ['HTTPS_PROXY', 'https_proxy']) {
  test(`a vault that only the proxy of ${variable} can reach is loaded through it, with its credentials`, async () => {
    await using proxy = await startProxy('user:p@ss/wörd');
    await withVault(async ({ sandbox, authority, load }) => {
      const end = await load({
        [variable]: `http://user:p%40ss%2Fw%C3%B6rd@127.0.0.1:${proxy.port}`,
        NO_PROXY: 'example.com,.other.test',
      });

      assert.equal(end.status, 0, end.stdout + end.stderr);
      assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
      const tunnels = await proxy.seen();
      assert.ok(tunnels.length > 0);
      for (const tunnel of tunnels) assert.deepEqual(tunnel, { connect: authority, authorised: true });
    });
  });
}

test('a host of NO_PROXY is not asked of the proxy, even when nothing else can reach it', async () => {
  await using proxy = await startProxy('user:secret');
  await withVault(async (place) => {
    const end = await place.load({
      HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}`,
      NO_PROXY: 'example.com,vault.test',
    });
    await assertNothingSent(place, end);
    assert.match(end.stdout, /ENOTFOUND|EAI_AGAIN/);
    assert.deepEqual(await proxy.seen(), []);
  });
});

test('wrong credentials are an error that names the proxy, sends nothing, and tells nobody the password', async () => {
  await using proxy = await startProxy('user:secret');
  await withVault(async (place) => {
    const wrong = 'user:wrong-password-7c1';
    const end = await place.load({ HTTPS_PROXY: `http://${wrong}@127.0.0.1:${proxy.port}` });
    await assertNothingSent(place, end);
    const { vaults: entries } = await place.workspace.summary();
    assert.match(
      entries[0]?.error?.message ?? '',
      /the proxy 127\.0\.0\.1:\d+ answered 407 when asked for a tunnel to vault\.test:\d+ \(it wants other credentials\)/,
    );
    const secrets = ['wrong-password-7c1', Buffer.from(wrong).toString('base64')];
    assert.deepEqual(findTexts(await readTree(place.workspace.at('runs')), secrets), []);
    for (const secret of secrets) assert.ok(!(end.stdout + end.stderr).includes(secret));
    const tunnels = await proxy.seen();
    assert.ok(tunnels.length > 0 && tunnels.every(({ authorised }) => !authorised));
  });
});
