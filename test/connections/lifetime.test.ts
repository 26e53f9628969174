import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { trafficOf } from './sandbox-traffic.js';

const { SSN } = vaults;
const pairs = makePairs(300, 'ssn');

const closings = [
  { how: 'after three requests, announced', options: ['keepAliveRequests=3'] },
  { how: 'when it has been idle', options: ['keepAliveTimeoutMs=15'] },
  { how: 'after an answer, without a word', options: ['closeAfterReply.rate=0.5'] },
];
for (const { how, options } of closings) {
  test(`a connection that the server closes ${how} is no error to anyone`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, options);
    await workspace.writePairs('SSN', pairs);
    await workspace.configure(sandbox.url, ['SSN'], {
      performance: { batch_size: 10, max_concurrency: 2, base_delay_ms: 40 },
    });

    await workspace.run(['--all'], { status: 0 });
    assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.uploaded, totals.failed, totals.batches.failed], [300, 0, 0]);
    assert.ok((await trafficOf(sandbox)).connections_opened >= 10, 'connections were closed');
  });
}

test('answers that do not come in time, before or after their effect or in part, are looked up and not doubled', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'faultRoutes=["insert"]',
    'hangBefore.next=2',
    'hangAfter.next=2',
    'slowBody.next=2',
    'slowBody.chunkBytes=1',
    'slowBody.intervalMs=1000',
  ]);
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(sandbox.url, ['SSN'], {
    performance: { batch_size: 10, max_concurrency: 2, request_timeout_ms: 1_000 },
  });

  await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.uploaded, totals.failed, totals.unsettled], [300, 0, 0]);
  assert.ok(totals.confirmed >= 20, 'those with an effect were found');
  assert.ok(totals.resent >= 20, 'those without were sent again');
});
