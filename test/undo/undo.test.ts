import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { loadingChild } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

const undoSchema = z.looseObject({
  exit_code: z.int(),
  confirmed: z.string(),
  vaults: z.array(
    z.looseObject({
      status: z.string(),
      ids: z.int(),
      deleted: z.int(),
      gone: z.int(),
      without_id: z.int(),
      vault_count: z.object({ before: z.int().nullable(), after: z.int().nullable() }),
    }),
  ),
});

test('undo deletes exactly what a run has inserted, whatever was killed meanwhile, and nothing that was there before', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["mine value 77"]', 'shuffled.rate=0.3']);
  const performance = { batch_size: 10, max_concurrency: 3 };
  await workspace.configure(sandbox.url, ['NAME'], { performance });
  const others = makePairs(100, 'others');
  await workspace.writePairs('NAME', others);
  await workspace.run(['--all'], { status: 0 });
  const [withoutIds = ''] = await workspace.runs();
  const pairs = makePairs(800, 'mine');
  await workspace.writePairs('NAME', pairs);
  await sandbox.set({ latency: { fixedMs: 60 }, wrongToken: { next: 1 } });
  const load = workspace.start(['--all', '--record-ids']);
  const child = await loadingChild(workspace, 'NAME');
  const loaded = async (): Promise<number> => (await sandbox.count('vault-name', 'name')) - others.length;
  await waitUntil('some are loaded', async () => (await loaded()) > 200);
  process.kill(child, 'SIGKILL');
  await sandbox.set({ latency: { fixedMs: 10 } });
  const end = await load.ended;
  assert.equal(end.status, 1, end.stdout + end.stderr);
  const run = (await workspace.runs()).at(-1) ?? '';
  const { totals } = await workspace.summary();
  const files = (await readdir(run)).filter((name) => name.startsWith('ids_'));
  assert.equal(files.length, 2, 'one of each process');
  for (const name of files) assert.equal((await stat(join(run, name))).mode & 0o777, 0o600);
  // Those that were on their way when the child was killed were found by look-up: of them no id is known.
  const inserted = await loaded();
  const { stderr: asks } = await workspace.run(['undo', run], { status: 2 });
  const known = Number(/--yes-delete (\d+)/.exec(asks)?.[1]);
  // Except where it was killed between keeping an answer's ids and settling its records: they have one, and are confirmed.
  assert.ok(known >= inserted - totals.confirmed && known <= inserted, `${asks}; ${inserted} inserted`);
  const withoutId = inserted - known;
  for (const [argv, why] of [
    [['undo'], /undo needs the RUN/],
    [['undo', withoutIds], /has kept no ids of its records/],
    [['undo', run], /nobody can be asked/],
    [['undo', run, '--yes-delete', String(known - 1)], /nothing was deleted/],
    [['load', '--record-ids', '--upsert'], /skyflow\.record_ids/],
  ] as const) {
    const refused = await workspace.run(argv, { status: 2 });
    assert.match(refused.stderr, why);
  }
  assert.equal(await loaded(), inserted);

  const argv = [
    'undo',
    run,
    '--yes-delete',
    String(known),
    '--concurrency',
    '2',
    '--delete-batch-size',
    '7',
    '--json',
  ];
  const killed = workspace.start(argv);
  await waitUntil('some are deleted', async () => {
    const isOver = killed.child.exitCode !== null;
    if ((await loaded()) < inserted - 100) return true;
    assert.ok(!isOver, killed.output());
    return false;
  });
  killed.child.kill('SIGKILL');
  await killed.ended;
  // Its child is gone too.
  await sandbox.requestsAtRest();
  const resumed = await workspace.run(['load', '--record-ids']);
  assert.match(resumed.stderr, /share|loaded/, 'what is half deleted is not loaded once more');
  const last = await workspace.run(argv);
  assert.equal(last.status, withoutId === 0 ? 0 : 1, last.stdout + last.stderr);
  const { vaults, confirmed } = undoSchema.parse(JSON.parse(last.stdout));
  const [vault] = vaults;
  assert.ok(vault !== undefined);
  assert.deepEqual([confirmed, vault.ids, vault.deleted + vault.gone], ['yes-delete', known, known]);
  assert.equal(vault.without_id, withoutId);
  const left = await sandbox.pairs('vault-name', 'name');
  assert.equal(left.length, others.length + withoutId);
  for (const pair of asMultiset(others)) assert.ok(left.includes(pair), 'nothing else was touched');
  const evidence = z
    .object({ undos: z.array(undoSchema) })
    .parse(JSON.parse(await readFile(join(run, 'undo.json'), 'utf8')));
  assert.equal(evidence.undos.at(-1)?.vaults[0]?.vault_count.after, left.length);
});

test(
  'a half-load that was stopped is undone after its name and number were typed, and may be loaded anew',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20']);
    await workspace.configure(sandbox.url, ['NAME'], {
      skyflow: { record_ids: true },
      performance: { batch_size: 10, max_concurrency: 1 },
    });
    const pairs = makePairs(300);
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    await waitUntil('some are loaded', async () => (await sandbox.count('vault-name', 'name')) > 20);
    load.child.kill('SIGINT');
    assert.equal((await load.ended).status, 130);
    const [run = ''] = await workspace.runs();
    const { totals } = await workspace.summary();
    const { uploaded } = totals;
    assert.ok(uploaded > 0 && uploaded < 300);

    await using terminal = startInTerminal(['undo', run], { cwd: workspace.path });
    await terminal.answer(
      new RegExp(`Type "NAME ${uploaded}" to delete these records`),
      `NAME ${uploaded}`,
      '\r',
    );
    assert.equal(await terminal.ended, 0, terminal.all());
    assert.match(terminal.all(), new RegExp(`NAME: ${uploaded} of ${uploaded} records deleted`));
    assert.equal(await sandbox.count('vault-name', 'name'), 0);
    const resume = await workspace.run(['resume', run], { status: 2 });
    assert.match(resume.stderr, /were deleted again by `undo`/);
    await workspace.run(['--all'], { status: 0 });
    assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));
  },
);

test('of a Flow vault the ids are kept too, and exactly its records are deleted again', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  const performance = { batch_size: 10, max_concurrency: 2 };
  await workspace.configure(sandbox.url, ['NAME'], { skyflow: { wire: 'flow' }, performance });
  const others = makePairs(15, 'others');
  await workspace.writePairs('NAME', others);
  await workspace.run(['--all', '--quiet'], { status: 0 });
  await workspace.writePairs('NAME', makePairs(60, 'mine'));
  await workspace.run(['--all', '--record-ids', '--quiet'], { status: 0 });
  const run = (await workspace.runs()).at(-1) ?? '';
  await workspace.run(['undo', run, '--yes-delete', '60'], { status: 0 });
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(others));
});
