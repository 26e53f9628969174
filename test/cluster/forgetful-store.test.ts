import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { needsOwnPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

test(
  'a restored database is found out by whoever lives, or by the disk of the load alone; a repair then doubles nothing',
  needsOwnPostgres,
  async () => {
    await using postgres = await TestPostgres.startOwn();
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=40']);
    const env = { SKYFLOW_STORE: await postgres.createStore() };
    const pairs = makePairs(900, 'ssn');
    await workspace.writePairs('SSN', pairs);
    await workspace.configure(sandbox.url, ['SSN'], {
      performance: { batch_size: 5, max_concurrency: 1, max_requests_per_second: 20 },
      store: { shard_rows: 100, lease_ms: 1_500, permit_ttl_ms: 300 },
    });
    const sent = (): Promise<number> => sandbox.count(vaults.SSN.id, 'ssn');
    const worker = workspace.start(['work', '--lanes', '1'], { env });
    await worker.outputMatches(/working as/);
    const load = workspace.start(['load', '--all', '--lanes', '0'], { env });
    await waitUntil('something was sent', async () => (await sent()) > 30);
    await postgres.save();
    const saved = await sent();
    await waitUntil('more was sent', async () => (await sent()) > saved + 220);

    await postgres.restore();
    const ended = await load.ended;
    assert.equal(ended.status, 3, ended.stderr);
    assert.match(ended.stdout + ended.stderr, /the store has forgotten a part of this run/);
    const after = await sandbox.requestsAtRest();
    const refused = await workspace.run(['resume'], { env });
    assert.notEqual(refused.status, 0);
    assert.match(refused.stdout + refused.stderr, /--repair/);
    worker.child.kill('SIGKILL');
    await worker.ended;
    // Restored once more, and nobody left who has seen anything but the disk of the load.
    await postgres.restore();
    await rm(workspace.at('.state'), { recursive: true });
    const again = await workspace.run(['resume', '--lanes', '1'], { env });
    assert.notEqual(again.status, 0);
    assert.match(again.stdout + again.stderr, /the store has forgotten a part of this run \(it counts/);
    assert.equal((await sandbox.stats())['requests'], after, 'nothing was sent');

    await sandbox.set({ latency: { fixedMs: 0 } });
    await workspace.run(['resume', '--repair', '--lanes', '2', '--max-requests-per-second', '200'], {
      env,
      status: 0,
    });
    assert.deepEqual(await sandbox.pairs(vaults.SSN.id, 'ssn'), asMultiset(pairs));
    assert.equal((await workspace.summary()).totals.uploaded, pairs.length);
  },
);
