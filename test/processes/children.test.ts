import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadingChild, readStatus, stopAtOnce } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { isAlive } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const { NAME } = vaults;
const pairs = makePairs(400);
const pace = { batch_size: 10, max_concurrency: 2 };
const slow = ['latency.fixedMs=200'];

// Side by side, because each of them mostly waits.
describe('children that are hindered', { concurrency: 4 }, () => {
  test('a child that is killed each time it starts ends the vault with 3 and the resume command', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { ...pace, max_restarts: 2 } });
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    const killed: number[] = [];
    for (let start = 0; start < 3; start += 1) {
      const pid = await loadingChild(workspace, 'NAME', { after: killed });
      process.kill(pid, 'SIGKILL');
      killed.push(pid);
    }

    const end = await load.ended;

    assert.equal(end.status, 3, end.stderr);
    const {
      vaults: [vault],
      resume_command: resume = '',
    } = await workspace.summary();
    assert.deepEqual([vault?.status, vault?.restarts, vault?.error?.code], ['incomplete', 2, 'crashed']);
    assert.match(vault?.error?.message ?? '', new RegExp(`pid ${killed[2]}.*SIGKILL`));
    assert.match(end.stdout, /starting again in 1 s \(1 of 2\)/);
    assert.match(end.stdout, /starting again in 2 s \(2 of 2\)/);
    assert.ok(end.stdout.includes(resume), 'the resume command is printed');
    await sandbox.set({ hangBefore: { rate: 0 } });
    await workspace.run(resume.split(' ').slice(1), { status: 0 });
    assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
  });

  test('a child that is silent past the heartbeat limit is killed and started again; the load completes', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, slow);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { ...pace, heartbeat_ms: 5_000 } });
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    const pid = await loadingChild(workspace, 'NAME');
    process.kill(pid, 'SIGSTOP');
    await sandbox.set({ latency: { fixedMs: 0 } });

    const end = await load.ended;

    assert.equal(end.status, 0, end.stderr + end.stdout);
    assert.match(end.stdout, /the child was silent for 5 s/);
    assert.ok(!isAlive(pid), 'it is reaped');
    assert.equal((await workspace.summary()).totals.restarts, 1);
    assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
  });

  test('a child that somebody ends with SIGTERM finishes its requests and is started again', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, slow);
    await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    process.kill(await loadingChild(workspace, 'NAME'), 'SIGTERM');
    await sandbox.set({ latency: { fixedMs: 0 } });

    const end = await load.ended;

    assert.equal(end.status, 0, end.stderr + end.stdout);
    const { totals } = await workspace.summary();
    assert.deepEqual([totals.restarts, totals.uploaded, totals.resent, totals.held], [1, 400, 0, 0]);
    assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
  });

  test('a second load of the same vault is refused, naming the first, and sends nothing', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
    await workspace.writePairs('NAME', pairs);
    const first = workspace.start(['--all']);
    const holder = await loadingChild(workspace, 'NAME');

    const second = await workspace.run(['--all', '--run-dir', 'other-runs', '--json'], { status: 3 });
    assert.match(second.stdout, /"locked"/);
    assert.match(
      second.stderr,
      new RegExp(`vault NAME \\(vault-name, table name\\) is in use by process ${holder} `),
    );
    assert.ok(isAlive(holder), 'the first load goes on');
    await stopAtOnce(first, sandbox);
    assert.equal(await sandbox.count(NAME.id, NAME.column), 0);
  });

  test('Ctrl-C twice ends at once with 130, although no request is answered, and leaves no child', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME', 'SSN'], { performance: pace });
    for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, pairs);
    const load = workspace.start(['--all']);
    const children = [await loadingChild(workspace, 'NAME'), await loadingChild(workspace, 'SSN')];

    const end = await stopAtOnce(load, sandbox);

    assert.equal(end.status, 130, end.stderr);
    assert.deepEqual(children.filter(isAlive), []);
    const { status, totals, resume_command: resume } = await workspace.summary();
    assert.deepEqual([status, totals.uploaded, totals.failed], ['interrupted', 0, 0]);
    assert.ok(resume !== undefined && end.stdout.includes(resume));
    assert.deepEqual(
      (await readStatus(workspace))?.vaults.map(({ phase }) => phase),
      ['finished', 'finished'],
    );
  });

  test('output that nobody reads any more does not end the load', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, slow);
    await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    await load.outputMatches(/\n/);
    load.child.stdout.destroy();
    await sandbox.set({ latency: { fixedMs: 0 } });

    const end = await load.ended;

    assert.deepEqual([end.status, end.signal], [0, null], end.stderr);
    assert.equal((await workspace.summary()).status, 'complete');
    assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
  });
});

describe('vaults at the same time', { concurrency: 2 }, () => {
  const cases = [
    { words: ['--sequential'], most: 1 },
    { words: ['--max-parallel-vaults', '2'], most: 2 },
    { words: [], most: 3 },
  ];
  for (const { words, most } of cases) {
    test(`${words.join(' ') || 'without a flag'}: ${most} of three vaults at the most`, async () => {
      await using workspace = await Workspace.create();
      // Nobody gets through with it before as many have begun as may, however few cores there are to start them.
      await using sandbox = await startSandbox(workspace.path, ['throttle.rate=1', 'faultRoutes=["insert"]']);
      const names = ['NAME', 'SSN', 'DOB'] as const;
      await workspace.configure(sandbox.url, names);
      for (const name of names) await workspace.writePairs(name, makePairs(5, name));

      const load = workspace.start(['--all', ...words]);
      await Promise.all(names.slice(0, most).map((name) => loadingChild(workspace, name)));
      await sandbox.set({ throttle: { rate: 0 } });
      const end = await load.ended;
      assert.equal(end.status, 0, end.stdout + end.stderr);
      assert.equal((await workspace.summary()).totals.uploaded, 15);
      assert.equal(await mostAtOnce(workspace), most);
    });
  }

  /** How many children there were at the same time, by the run's log. */
  async function mostAtOnce(workspace: Workspace): Promise<number> {
    const [run = ''] = await workspace.runs();
    const running = new Set<unknown>();
    let most = 0;
    for (const line of (await readFile(join(run, 'run.log'), 'utf8')).trim().split('\n')) {
      const { msg, vault, phase } = JSON.parse(line) as Record<string, unknown>;
      if (msg === 'phase' && phase === 'checking') running.add(vault);
      if (msg === 'ended') running.delete(vault);
      most = Math.max(most, running.size);
    }
    return most;
  }
});

test('a load of which nobody reads a word, on either stream, is complete all the same', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, ['NAME'], { performance: pace });
  await workspace.writePairs('NAME', makePairs(5));
  const load = workspace.start(['--all', '--json']);
  load.child.stdout.destroy();
  load.child.stderr.destroy();

  const end = await load.ended;

  assert.equal(end.status, 0);
  assert.equal((await workspace.summary()).status, 'complete');
});
