import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { runSummarySchema } from '../../src/report/summary-format.js';
import { StopSignals } from '../../supervisor/process/stop-signals.js';
import { Workspace } from '../support/workspace.js';

const documentSchema = runSummarySchema.extend({
  proof: z.array(
    z.object({ name: z.string(), records: z.int(), recordsInVault: z.int(), holds: z.boolean() }),
  ),
});

const demoFolders = async ({ path }: Workspace): Promise<string[]> =>
  (await readdir(path)).filter((name) => name.startsWith('skyflow-demo-'));

test('a demo kills one process midway, says so and that it is started again, proves that nothing is lost or doubled, and leaves no folder', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['demo', '--records', '1500', '--json'], { status: 0 });
  const { vaults, totals, proof } = documentSchema.parse(JSON.parse(end.stdout));

  const pid = /demo: killing process (\d+) of vault SSN with -9/.exec(end.stderr)?.[1];
  assert.ok(pid !== undefined, end.stderr);
  assert.match(end.stderr, new RegExp(`\\(pid ${pid}\\) ended by SIGKILL; starting again in 1\\s+s`));
  assert.deepEqual(
    vaults.map(({ name, restarts }) => [name, restarts]),
    [
      ['NAME', 0],
      ['ID', 0],
      ['DOB', 0],
      ['SSN', 1],
    ],
  );
  const killed = vaults.find(({ name }) => name === 'SSN');
  assert.ok((killed?.confirmed ?? 0) + (killed?.resent ?? 0) > 0, 'it had something on its way');
  assert.deepEqual([totals.read, totals.uploaded, totals.failed, totals.skipped], [6000, 6000, 0, 0]);
  assert.deepEqual(
    proof.map(({ records, recordsInVault, holds }) => [records, recordsInVault, holds]),
    proof.map(() => [1500, 1500, true]),
  );
  assert.match(
    end.stderr,
    new RegExp(`process ${pid} of SSN was killed with -9 midway: 0 records lost, 0 doubled`),
  );
  assert.deepEqual(await demoFolders(workspace), []);
  assert.doesNotMatch(
    end.stderr,
    /paired by the number|[Rr]un directory/,
    'of data of its own, and of what is removed',
  );
});

test('with --no-kill nothing is killed, and with --keep the folder is kept and named', async () => {
  await using workspace = await Workspace.create();
  const end = await workspace.run(['demo', '--records', '20', '--no-kill', '--keep'], { status: 0 });
  assert.match(end.stdout, /Run directory: /);
  const folder = /The demo's folder is kept: (.+)/.exec(end.stdout)?.[1] ?? '';
  assert.doesNotMatch(end.stdout.replaceAll(folder, ''), /kill|restart/);
  assert.deepEqual((await readdir(folder)).sort(), ['config.json', 'data', 'runs', 'state']);
});

test('Ctrl-C ends a demo with 130 and leaves no folder, while it loads and before', async () => {
  await using workspace = await Workspace.create();
  for (const moment of [/^demo: /m, /\] Loading/]) {
    const demo = workspace.start(['demo', '--no-kill']);
    await demo.outputMatches(moment);
    demo.child.kill('SIGINT');
    const end = await demo.ended;
    assert.equal(end.status, 130, end.stdout + end.stderr);
    assert.deepEqual(await demoFolders(workspace), []);
  }
});

test('of two who listen for signals the newest answers, begins with what came before it, and hands back', () => {
  using outer = new StopSignals();
  {
    using inner = new StopSignals();
    process.emit('SIGTERM');
    assert.deepEqual([inner.first, outer.first], ['SIGTERM', undefined]);
  }
  process.emit('SIGINT');
  assert.equal(outer.first, 'SIGINT');
  using late = new StopSignals();
  assert.equal(late.first, 'SIGINT');
  assert.ok(late.stopping.aborted && !late.atOnce.aborted);
});
