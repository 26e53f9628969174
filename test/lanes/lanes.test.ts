import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { loggedPairs } from '../support/logged-failures.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const statsSchema = z.object({ max_in_flight: z.int(), requests: z.int() });
const isRefused = ([value]: readonly [string, string]): boolean => /7\d5$/.test(value);

async function placed(t: { after(fn: () => Promise<void>): void }, rows: number, faults: readonly string[]) {
  const workspace = await Workspace.create();
  t.after(async () => workspace[Symbol.asyncDispose]());
  const sandbox = await startSandbox(workspace.path, faults);
  t.after(async () => sandbox[Symbol.asyncDispose]());
  const pairs = makePairs(rows, 'ssn');
  await workspace.writePairs('SSN', pairs);
  const configure = (performance: object = {}, skyflow: object = {}): Promise<void> =>
    workspace.configure(sandbox.url, ['SSN'], {
      performance: { batch_size: 10, max_concurrency: 2, ...performance },
      skyflow,
    });
  const run = (...words: string[]): Promise<ProgramEnd> => workspace.run(words);
  return {
    ...{ workspace, sandbox, pairs, configure, run },
    sent: () => sandbox.pairs(vaults.SSN.id, 'ssn'),
    stats: async () => statsSchema.parse(await sandbox.stats()),
  };
}

test('a vault is loaded by several processes, one of which begins alone, and ends as by one', async (t) => {
  const { workspace, pairs, configure, run, sent, stats, sandbox } = await placed(t, 1_200, [
    'latency.fixedMs=100',
    'poisonPattern=7[0-9]5$',
  ]);
  await configure();

  const load = await run('load', '--all', '--lanes', '3', '--json');

  assert.equal(load.status, 1, load.stderr);
  const { totals, merged_error_log: log = '', run_id: runId, ...summary } = await workspace.summary();
  const refused = pairs.filter(isRefused);
  assert.deepEqual(
    [totals.read, totals.uploaded, totals.failed, totals.unsettled, totals.in_doubt],
    [1_200, 1_200 - refused.length, refused.length, 0, 0],
  );
  assert.equal(summary.vaults.length, 1);
  assert.equal(summary.vaults[0]?.rows_total, 1_200);
  assert.deepEqual(await sent(), asMultiset(pairs.filter((pair) => !isRefused(pair))));
  assert.deepEqual(asMultiset(await loggedPairs(log)), asMultiset(refused));
  const { max_in_flight: atOnce } = await stats();
  assert.ok(atOnce > 2 && atOnce <= 6, `${atOnce} requests at once by three lanes of two`);
  const names = await readdir(workspace.at('runs', runId));
  for (const shard of [0, 1, 2]) assert.ok(names.includes(`journal_SSN.${shard}.log`), names.join(' '));

  await t.test('its ledgers are read as one: verify, report, retry, a second load', async () => {
    const reading = await openRunStore(workspace.at('runs', runId)).readLedger('SSN');
    assert.ok(reading);
    assert.deepEqual([...reading.settled], [{ start: 0, end: 1_200 }]);
    assert.equal(reading.totals.failed, refused.length);
    assert.deepEqual(reading.extent, { start: 0, end: 1_200 });
    const verify = await run('verify', runId, '--all');
    assert.equal(verify.status, 0, verify.stderr + verify.stdout);
    const report = await run('report', runId);
    assert.equal(report.status, 0, report.stderr + report.stdout);
    const again = await run('load', '--all', '--lanes', '2');
    assert.equal(again.status, 2, again.stderr);
    await sandbox.set({ poisonPattern: '' });
    const retry = await run('retry', runId, '--yes', '--quiet');
    assert.equal(retry.status, 0, retry.stderr + retry.stdout);
    assert.deepEqual(await sent(), asMultiset(pairs));
  });
});

test('until a record came back one lane sends; what refuses its first batches is not asked by the next', async (t) => {
  const { configure, run, sent, stats } = await placed(t, 120, ['latency.fixedMs=5', 'poisonPattern=^ssn']);
  await configure({ max_concurrency: 4 });
  const load = await run('load', '--all', '--lanes', '3');
  assert.equal(load.status, 3, load.stderr);
  assert.match(load.stdout + load.stderr, /every record of the first 3 batches was refused alike/);
  assert.equal((await stats()).max_in_flight, 1);
  assert.deepEqual(await sent(), []);
});

test('a load in lanes whose processes are all killed goes on with resume, in other lanes; nothing is missing or doubled', async (t) => {
  const { workspace, pairs, configure, run, sent, sandbox } = await placed(t, 1_000, [
    'latency.fixedMs=1000',
    'poisonPattern=7[0-9]5$',
  ]);
  await configure({ max_records: 900 }, { settle_ms: 500 });
  const load = workspace.start(['load', '--all', '--lanes', '3']);
  await waitUntil('all lanes have sent something', async () => {
    const values = (await sent()).map((pair) => Number(/\d+/.exec(pair)?.[0]));
    return [0, 300, 600].every((start) => values.some((value) => value >= start && value < start + 300));
  });
  const pid = load.child.pid ?? 0;
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .map(Number);
  assert.equal(children.length, 3);

  await t.test('lanes that have outlived their supervisor keep another load away', async () => {
    process.kill(pid, 'SIGKILL');
    await load.ended;
    const [lane = 0, ...others] = children;
    for (const other of others) process.kill(other, 'SIGKILL');
    process.kill(lane, 'SIGSTOP');
    await workspace.writePairs('SSN', makePairs(20, 'other'));
    const other = await run('load', '--all', '--new-run', '--yes', '--run-dir', 'others');
    assert.match(other.stdout + other.stderr, new RegExp(`in use by process ${lane}`));
    assert.notEqual(other.status, 0);
    process.kill(lane, 'SIGKILL');
    await sandbox.set({ latency: { fixedMs: 10 } });
    await workspace.writePairs('SSN', pairs);
  });

  const resumed = await run('resume', '--lanes', '2');
  assert.equal(resumed.status, 1, resumed.stderr);
  const meant = pairs.slice(0, 900);
  assert.deepEqual(await sent(), asMultiset(meant.filter((pair) => !isRefused(pair))));
  const { totals, run_id: runId } = await workspace.summary();
  assert.deepEqual([totals.read, totals.unsettled, totals.held], [900, 0, 0]);

  await t.test('a raised limit brings shards behind the others', async () => {
    const raised = await run('resume', runId, '--max-records', '0', '--lanes', '2');
    assert.equal(raised.status, 1, raised.stderr);
    assert.deepEqual(await sent(), asMultiset(pairs.filter((pair) => !isRefused(pair))));
    assert.equal((await workspace.summary()).totals.read, 1_000);
  });

  await t.test(
    'a journal of a shard, or the plan of them, that is gone is noticed; --repair asks the vault',
    async () => {
      const file = workspace.at('runs', runId, 'journal_SSN.1.log');
      await rm(file);
      await rm(workspace.at('runs', runId, 'journal_SSN.1.head'));
      const report = await run('report', runId);
      assert.notEqual(report.status, 0);
      const before = await sent();
      const repaired = await run('resume', runId, '--repair');
      assert.equal(repaired.status, 1, repaired.stderr + repaired.stdout);
      assert.deepEqual(await sent(), before);
      assert.equal((await workspace.summary()).totals.read, 1_000);
    },
  );
});

test('max_errors counts what fails in all lanes', async (t) => {
  const { workspace, configure, run } = await placed(t, 600, ['latency.fixedMs=150', 'poisonPattern=[05]$']);
  await configure({ max_errors: 60, max_concurrency: 1 });
  const load = await run('load', '--all', '--lanes', '3');
  assert.equal(load.status, 3, load.stdout + load.stderr);
  const {
    vaults: [ssn],
    totals,
  } = await workspace.summary();
  assert.equal(ssn?.status, 'incomplete');
  assert.equal(ssn.error?.code, 'too_many_errors');
  // No lane alone can pass it.
  assert.ok(totals.failed > 60 && totals.failed < 120, `${totals.failed} failed`);
});
