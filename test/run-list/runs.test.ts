import assert from 'node:assert/strict';
import { copyFile, readdir, rename } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import { readRunRecord, writeRunRecord } from '../../src/run-record/run-record.js';
import { printedCommands } from '../support/printed-commands.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';

const documentSchema = z.object({
  runs: z.array(
    z.object({
      ...{ run_id: z.string(), state: z.string(), settled: z.int(), next: z.string().nullable() },
      with_retries: z.object({ uploaded: z.int(), remaining: z.int() }).nullable(),
    }),
  ),
});

test('runs says how far each came and what comes next; following it loads the rest once, and what was forgotten or pruned is not loaded again', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=25', 'poison=["s value 1"]']);
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 5, max_concurrency: 1 },
  });
  const names = makePairs(400, 'n');
  const numbers = makePairs(20, 's');
  await workspace.writePairs('NAME', names);
  await workspace.writePairs('SSN', numbers);
  const run = async (...argv: string[]): Promise<ProgramEnd> => workspace.run([...argv, '--quiet']);
  const listed = async () => documentSchema.parse(JSON.parse((await run('runs', '--json')).stdout)).runs;

  const dry = await run('load', '--dry-run');
  assert.match(dry.stdout, /Ready to load/);
  assert.deepEqual(await workspace.runs(), []);
  assert.match((await run('runs')).stdout, /no runs/);
  await sandbox.set({ accessTokens: [{ token: 'another-token', access: 'full' }] });
  const other = workspace.at('other.json');
  await copyFile(workspace.at('config.json'), other);
  const limited = ['--vault', 'name', '--max-records', '10', '--config', other];
  const refused = await run('load', ...limited, '--json');
  assert.equal(refused.status, 3);
  const { resume_command: goOn } = z.object({ resume_command: z.string() }).parse(JSON.parse(refused.stdout));
  const [nothing] = await listed();
  assert.deepEqual([nothing?.state, nothing?.next], ['nothing was sent', goOn], 'load and list say the same');
  assert.match((await run('runs')).stdout, /NAME: 0 of 10 rows \(400 in the source\); nothing was sent$/m);
  await sandbox.set({ accessTokens: [] });
  const killed = workspace.start(['load', '--vault', 'name']);
  await waitUntil('some records are in', async () => (await sandbox.count('vault-name', 'name')) > 0);
  killed.child.kill('SIGKILL');
  await killed.ended;
  await sandbox.set({ latency: { fixedMs: 0 } });
  assert.equal((await run('load', '--vault', 'ssn')).status, 1);
  await sandbox.set({ poison: [] });

  const before = await listed();
  assert.deepEqual(
    before.map(({ state }) => state),
    ['nothing was sent', 'killed', 'failures'],
  );
  assert.equal(before[0]?.next, null);
  const { stdout } = await run('runs');
  if (!('skip' in needsTerminal)) {
    // Who sits at a terminal is told where from there, and a retry by its run, which stands for its newest log.
    await using terminal = startInTerminal(['runs'], { cwd: workspace.path });
    assert.equal(await terminal.ended, 0);
    const ids = before.map(({ run_id: runId }) => runId);
    const commands = terminal.all().match(/skyflow-supervise \S+ \S+/g);
    assert.deepEqual(commands, [
      `skyflow-supervise resume runs/${ids[1] ?? ''}`,
      `skyflow-supervise retry runs/${ids[2] ?? ''}`,
    ]);
  }
  for (const argv of printedCommands(stdout))
    assert.equal((await run(...argv, ...(argv[0] === 'retry' ? ['--yes'] : []))).status, 0);
  assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(names));
  assert.deepEqual(await sandbox.pairs('vault-ssn', 'ssn'), asMultiset(numbers));
  const after = await listed();
  assert.deepEqual(
    after.map(({ state, next }) => [state, next]),
    [
      ['nothing was sent', null],
      ['complete', null],
      ['failures', null],
      ['complete', null],
    ],
  );
  assert.deepEqual(
    after.map(({ with_retries: together }) => together && [together.uploaded, together.remaining]),
    [null, null, [20, 0], null],
  );
  const cameTo = 'with its retries: uploaded 20, still failed 0';
  assert.match((await run('runs')).stdout, new RegExp(`failed; ${cameTo}$`, 'm'));
  assert.ok((await run('report', after[2]?.run_id ?? '')).stdout.includes(cameTo), 'in the words of report');

  const newest = after.at(-1)?.run_id ?? '';
  for (const command of ['report', 'verify']) {
    assert.ok((await run(command)).stdout.includes(`The newest run: ${newest}`), command);
  }
  assert.equal((await run('runs', 'forget', newest)).status, 2, 'nobody can be asked');
  const young = await run('runs', 'prune', '--older-than', '1d', '--yes');
  assert.match(young.stdout, /No run .* ended before \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n/);
  assert.match(
    (await run('runs', 'prune', '--older-than', '0d')).stderr,
    /--older-than: found the text "0d"; allowed: whole days from 1d to 36,500d/,
  );
  assert.equal((await run('runs', 'forget', newest, '--dry-run')).status, 2);
  assert.equal((await run('runs', 'prune')).status, 2);
  const [unfinished] = await workspace.runs().then((all) => all.slice(1));
  for (const path of await workspace.runs()) {
    const directory = runDirectoryAt(workspace.at('runs'), basename(path));
    const record = await readRunRecord(directory);
    assert.ok(isAbsolute(record.config_file ?? ''), 'what a resume reads from any folder');
    const long = { started_at: '2026-01-02T03:04:05.000Z', finished_at: '2026-01-02T04:00:00.000Z' };
    const sessions = record.sessions.map((session) => ({ ...session, ...long }));
    const last = sessions.at(-1);
    if (path === unfinished && last !== undefined) delete last.exit_code;
    await writeRunRecord(directory, { ...record, sessions });
  }
  const prune = ['runs', 'prune', '--older-than', '90d'] as const;
  const retry = (await workspace.runs()).at(-1) ?? '';
  await rename(retry, workspace.at('elsewhere'));
  assert.match((await run(...prune, '--dry-run')).stdout, /stays: no retry has sent its 11 failed records:/);
  await rename(workspace.at('elsewhere'), retry);
  const seen = await run(...prune, '--dry-run');
  assert.equal(seen.stdout.match(/; goes/g)?.length, 3, seen.stdout);
  assert.match(seen.stdout, new RegExp(`${basename(unfinished ?? '')}.*stays: it is unfinished`));
  const [first = ''] = await workspace.runs();
  const neverBegan = runDirectoryAt(workspace.at('runs'), basename(first));
  const recorded = await readRunRecord(neverBegan);
  await writeRunRecord(neverBegan, { ...recorded, in_store: true });
  const kept = await run(...prune, '--dry-run');
  assert.equal(
    kept.stdout.match(/; goes/g)?.length,
    2,
    'how far a run in a store has come is not known here',
  );
  await writeRunRecord(neverBegan, recorded);
  assert.equal((await run(...prune)).status, 2, 'nobody can be asked');
  assert.equal((await workspace.runs()).length, 4);
  assert.equal((await run(...prune, '--yes')).status, 0);
  assert.deepEqual(await workspace.runs(), [unfinished]);
  assert.equal((await run('runs', 'forget', basename(unfinished ?? ''), '--yes')).status, 0);
  assert.deepEqual(await workspace.runs(), []);
  for (const [vault, name] of [
    ['NAME', 'name'],
    ['SSN', 'ssn'],
  ] as const) {
    const again = await run('load', '--vault', name);
    assert.equal(again.status, 2);
    assert.match(
      again.stderr,
      new RegExp(`vault ${vault}: the forgotten run \\S+ has loaded this input already`),
    );
  }
  const left = (await readdir(workspace.at('runs'))).sort();
  assert.ok(left.every((name) => name.endsWith('.forgotten.json')) && left.length >= 2, left.join());
});
