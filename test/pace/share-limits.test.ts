import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test('with --share-limits the vaults together keep to the configured rate, and a vault that ends leaves its share', async () => {
  const requestsPerSecond = 20;
  await using workspace = await Workspace.create();
  // The vault takes a little more than what is allowed to all, and much less than twice as much.
  await using sandbox = await startSandbox(workspace.path, [
    `requestsPerSecond=${requestsPerSecond * 1.2}`,
    'burstSeconds=0.5',
  ]);
  await workspace.configure(sandbox.url, ['NAME', 'ID'], {
    performance: { batch_size: 5, max_concurrency: 4 },
  });
  const few = makePairs(150);
  const many = makePairs(300, 'many');
  await workspace.writePairs('NAME', few);
  await workspace.writePairs('ID', many);

  await workspace.run(['--all', '--share-limits', '--max-requests-per-second', String(requestsPerSecond)], {
    status: 0,
  });
  const { name, id } = { name: vaults.NAME, id: vaults.ID };
  assert.deepEqual(await sandbox.pairs(name.id, name.column), asMultiset(few));
  assert.deepEqual(await sandbox.pairs(id.id, id.column), asMultiset(many));
  const stats = await sandbox.stats();
  // For each vault a count and a look-up come before its batches, 90 of both.
  assert.equal(stats['requests'], 94);
  assert.equal(stats['throttled'], 0, 'each vault had its share, and not the whole');
});

test('the vaults of a retry and of a verification share the limit too', async () => {
  const requestsPerSecond = 20;
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 1"]']);
  await workspace.configure(sandbox.url, ['NAME', 'ID'], { performance: { batch_size: 20 } });
  for (const name of ['NAME', 'ID'] as const) await workspace.writePairs(name, makePairs(150, name));
  await workspace.run(['--all'], { status: 1 });
  await sandbox.set({ poison: [], requestsPerSecond: requestsPerSecond * 1.2, burstSeconds: 0.5 });
  await workspace.configure(sandbox.url, ['NAME', 'ID'], {
    // Fewer at a time than the vault takes at once: a machine that stands still for a moment sends them together.
    performance: {
      ...{ batch_size: 1, max_concurrency: 4 },
      ...{ share_limits: true, max_requests_per_second: requestsPerSecond },
    },
  });

  await workspace.run(['retry', '--yes'], { status: 0 });
  await workspace.run(['verify', '--sample', '20'], { status: 0 });
  const stats = await sandbox.stats();
  assert.equal(stats['throttled'], 0, 'each vault had its share, and not the whole');
  const { id, column } = vaults.ID;
  assert.deepEqual(await sandbox.pairs(id, column), asMultiset(makePairs(150, 'ID')));
});
