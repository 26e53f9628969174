import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleOutcome } from '../../supervisor/run/settle-outcome.js';
import type { RunningProgram } from '../support/program.js';
import { loadingChild, loadUnderWay } from '../support/running-load.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(3_000, 'name');

/** A load of the vault NAME that takes some seconds, seen to be under way. */
async function startLoad(
  workspace: Workspace,
  sandbox: TestSandbox,
): Promise<{ load: RunningProgram; childPid: number; run: string }> {
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 10, max_concurrency: 4 } });
  await workspace.writePairs('NAME', pairs);
  const { load, run } = await loadUnderWay(workspace, sandbox);
  return { load, childPid: await loadingChild(workspace, 'NAME'), run };
}

const slow = ['latency.fixedMs=20'];

async function holdsExactlyTheSource(sandbox: TestSandbox): Promise<void> {
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(pairs));
}

test('a child that is killed is started again from its journal, and nothing is lost or doubled', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  const { load, childPid } = await startLoad(workspace, sandbox);
  process.kill(childPid, 'SIGKILL');

  const end = await load.ended;

  assert.equal(end.status, 0, end.stderr + end.stdout);
  await holdsExactlyTheSource(sandbox);
  const {
    vaults: [vault],
    totals,
  } = await workspace.summary();
  assert.equal(vault?.restarts, 1);
  assert.deepEqual([totals.read, totals.uploaded, totals.unsettled], [3_000, 3_000, 0]);
});

test('Ctrl-C lets requests finish, exits with 130, and resume sends exactly what is left', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  const { load, run } = await startLoad(workspace, sandbox);
  load.child.kill('SIGINT');
  const stopped = await load.ended;
  assert.equal(stopped.status, 130, stopped.stderr);
  const half = await workspace.summary();
  assert.equal(half.totals.uploaded, await sandbox.count(vaults.NAME.id, 'name'), 'nothing is in doubt');
  assert.equal(half.totals.read + half.totals.unsettled, 3_000);
  assert.match(stopped.stdout, /skyflow-supervise resume /);
  // A resume that is stopped before its child has said anything.
  const silent = { name: 'NAME', id: 'v', table: 'name', status: 'interrupted', restarts: 0 } as const;
  const { outcome } = await settleOutcome(run, silent, 0);
  assert.equal(outcome.snapshot?.unsettled, half.totals.unsettled, 'the journal knows what is left');

  const again = await workspace.run(['--all']);
  assert.equal(again.status, 2, 'a second load of the same input is refused');
  assert.match(again.stderr, /skyflow-supervise resume /);

  await workspace.run(['resume', '-batch-size', '50'], { status: 0 });
  await holdsExactlyTheSource(sandbox);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.unsettled], [3_000, 3_000, 0]);

  const finished = await workspace.run(['resume', half.run_id], { status: 0 });
  assert.match(finished.stdout, /is finished/);
  await holdsExactlyTheSource(sandbox);
});

test('a run that sent nothing is no choice once a later one has loaded its input: resume needs no name', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 10, max_concurrency: 4 } });
  const early = await workspace.run(['--all']);
  assert.equal(early.status, 3, 'there are no files yet');
  await workspace.writePairs('NAME', pairs);
  const { load } = await loadUnderWay(workspace, sandbox);
  load.child.kill('SIGINT');
  assert.equal((await load.ended).status, 130);

  await workspace.run(['resume'], { status: 0 });
  await holdsExactlyTheSource(sandbox);
});

test('a supervisor killed with -9 leaves no child after 10 s, and resume finishes the run', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  const { load, childPid } = await startLoad(workspace, sandbox);
  load.child.kill('SIGKILL');
  await load.ended;
  await waitUntil('the orphan is gone', () => !isAlive(childPid));

  await workspace.run(['resume'], { status: 0 });
  await holdsExactlyTheSource(sandbox);
});

test('a resume at once waits for the orphan of a killed supervisor; a second resume is refused', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  const { load, childPid, run } = await startLoad(workspace, sandbox);
  process.kill(childPid, 'SIGSTOP');
  load.child.kill('SIGKILL');
  await load.ended;
  const first = workspace.start(['resume', run]);
  await first.outputMatches(/Checking|Resum|NAME/);
  // The first one is not done before the second one was refused, however long that takes here.
  await sandbox.set({ latency: { fixedMs: 1_000 } });
  process.kill(childPid, 'SIGCONT');
  const second = await workspace.run(['resume', run], { status: 2 });
  assert.match(second.stderr, /in use by process/);
  await sandbox.set({ latency: { fixedMs: 1 } });

  const end = await first.ended;

  assert.equal(end.status, 0, end.stderr + end.stdout);
  await holdsExactlyTheSource(sandbox);
});

test('an input that changed since the run began is refused by resume, saying what changed', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, slow);
  const { load } = await startLoad(workspace, sandbox);
  load.child.kill('SIGTERM');
  assert.equal((await load.ended).status, 143);
  const before = await sandbox.digest(vaults.NAME.id, 'name');
  await workspace.writePairs('NAME', [...pairs, ['one more', 'tok_one_more']]);

  const end = await workspace.run(['resume'], { status: 3 });
  assert.match(end.stdout, /had 3,000 rows and has 3,001 now/);
  assert.deepEqual(await sandbox.digest(vaults.NAME.id, 'name'), before, 'nothing was sent');
});
