import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggedFailures } from '../support/logged-failures.js';
import { startSandbox } from '../support/sandbox.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';

const once = makePairs(60, 'name');

const failed = async (workspace: Workspace) => loggedFailures(await workspace.errorLog());

test('a record whose token others have too is not taken for uploaded because a retry finds that token', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'accessTokens=[{"token":"test-bearer-token","access":"insert"}]',
    'faultRoutes=["insert"]',
    'resetBefore.rate=0.3',
  ]);
  // Every pair twice, and the vault may not be asked: what is lost is held back.
  await workspace.writePairs('NAME', [...once, ...once]);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 2 } });
  await workspace.run(['--all'], { status: 1 });
  const before = await failed(workspace);
  assert.ok(before.length > 0);
  assert.ok(
    before.every(({ reason }) => reason === 'token_repeated'),
    JSON.stringify(before),
  );
  const [log = ''] = (await workspace.summary()).vaults.map(({ error_log: file }) => file ?? '');

  await sandbox.set({ resetBefore: { rate: 0 }, accessTokens: [] });
  const retry = await workspace.run(['retry', log, '--yes']);

  const after = retry.status === 1 ? await failed(workspace) : [];
  assert.ok(retry.status === 0 || retry.status === 1, retry.stdout + retry.stderr);
  const held = await sandbox.pairs(vaults.NAME.id, 'name');
  for (const [value, token] of once) {
    const there = held.filter((pair) => pair === `${value}\t${token}`).length;
    const missing = after.filter((failure) => failure.token === token).length;
    assert.ok(there <= 2, `${token} is ${there} times in the vault`);
    assert.ok(there + missing >= 2, `${token}: ${there} in the vault, ${missing} failed`);
  }
  assert.ok(after.every(({ reason }) => reason === 'token_repeated'));
});
