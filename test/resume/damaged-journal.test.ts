import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { loadingChild, loadUnderWay } from '../support/running-load.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(3_000, 'name');
const settings = {
  performance: { batch_size: 10, max_concurrency: 4 },
  skyflow: { settle_ms: 100 },
};

async function startLoad(workspace: Workspace, sandbox: TestSandbox) {
  await workspace.configure(sandbox.url, ['NAME'], settings);
  await workspace.writePairs('NAME', pairs);
  return loadUnderWay(workspace, sandbox);
}

test('a damaged, empty, swapped or missing journal is refused, and resume --repair asks the vault for what it does not prove', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  const { load, run } = await startLoad(workspace, sandbox);
  load.child.kill('SIGINT');
  assert.equal((await load.ended).status, 130);
  const half = await workspace.summary();
  const journal = join(run, 'journal_NAME.log');
  const head = join(run, 'journal_NAME.head');
  const intact = await readFile(journal);
  const middle = intact.indexOf('settle', intact.length / 2);
  const lastReserve = intact.lastIndexOf('reserve');
  const noise = (byte: number, at: number): number => (at < lastReserve || byte === 0x0a ? byte : byte ^ 4);
  for (const damaged of [
    Buffer.from(intact).fill(0, middle, middle + 1),
    Buffer.from(intact).map(noise),
    Buffer.alloc(0),
    undefined,
  ]) {
    if (damaged === undefined) await Promise.all([rm(journal), rm(head)]);
    else await writeFile(journal, damaged);
    const refused = await workspace.run(['resume'], { status: 3 });
    assert.match(refused.stdout + refused.stderr, /resume --repair/);
    assert.match(refused.stdout, /Go on with:\s+skyflow-supervise resume \S+ --repair\n/);
    // What a summary has said once is not taken back, or the next resume would believe the journal.
    assert.equal((await workspace.summary()).totals.uploaded, half.totals.uploaded);
  }
  assert.equal(await sandbox.count(vaults.NAME.id, 'name'), half.totals.uploaded, 'nothing was sent');

  // The journal is gone, and with it what it said of the files: what stands beside it says that they are others now.
  const tokenFile = workspace.at('data', 'name_tokens.csv');
  const tokens = await readFile(tokenFile);
  const [header = '', ...lines] = tokens.toString().trimEnd().split('\n');
  await writeFile(tokenFile, `${[header, ...lines.reverse()].join('\n')}\n`);
  const moved = await workspace.run(['resume', '--repair'], { status: 3 });
  assert.match(moved.stdout + moved.stderr, /name_tokens\.csv is not what this run began with/);
  assert.equal(await sandbox.count(vaults.NAME.id, 'name'), half.totals.uploaded);
  await writeFile(tokenFile, tokens);

  await workspace.run(['resume', '--repair'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.unsettled], [3_000, 3_000, 0]);
  assert.equal(totals.confirmed, half.totals.uploaded);
});

test('after kill -9 only what was in flight is in doubt, and a batch for each worker, not the block', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
  const { load, run } = await startLoad(workspace, sandbox);
  const childPid = await loadingChild(workspace, 'NAME');
  process.kill(childPid, 'SIGKILL');
  load.child.kill('SIGKILL');
  await load.ended;
  await waitUntil('the child is gone', () => !isAlive(childPid));
  const reading = await openRunStore(run).readLedger('NAME');
  const inDoubt = reading?.inDoubt.size ?? Infinity;
  assert.ok(inDoubt <= 2 * 4 * 10, `${inDoubt} rows are in doubt`);

  await workspace.run(['resume'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
});
