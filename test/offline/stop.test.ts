import assert from 'node:assert/strict';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { loadingChild } from '../support/running-load.js';
import { printedCommands } from '../support/printed-commands.js';
import { startSandbox } from '../support/sandbox.js';
import { isAlive } from '../support/wait-until.js';
import { asMultiset, makePairs, Workspace } from '../support/workspace.js';
import { needsProc } from '../support/needs-proc.js';

test(
  'stop ends the run that goes on, in order and resumable, and never signals another process that has its pid',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=400']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 1 } });
    const pairs = makePairs(300);
    await workspace.writePairs('NAME', pairs);
    const load = workspace.start(['--all']);
    const child = await loadingChild(workspace, 'NAME');
    const [directory = ''] = await workspace.runs();
    const lock = join(directory, 'run.lock');
    const held = z.looseObject({ pid: z.int() }).parse(JSON.parse(await readFile(lock, 'utf8')));
    assert.equal(held.pid, load.child.pid);

    const stopped = await workspace.run(['stop', '--json'], { status: 0 });
    const told = z.object({ pid: z.int(), next: z.string() }).parse(JSON.parse(stopped.stdout));
    assert.equal(told.pid, held.pid);
    assert.equal(told.next, `skyflow-supervise resume ${directory}`);
    assert.deepEqual(printedCommands(stopped.stderr), [
      ['resume', directory],
      ['monitor', directory],
    ]);
    assert.equal((await load.ended).status, 143);
    assert.ok(!isAlive(child));
    assert.equal((await workspace.summary()).interrupted_by, 'SIGTERM');

    // A crash left the lock, and somebody else has the pid: this test's own process.
    await writeFile(lock, JSON.stringify({ ...held, pid: process.pid }), { mode: 0o600 });
    for (const argv of [['stop'], ['stop', directory]]) {
      const refused = await workspace.run(argv, { status: 2 });
      assert.match(refused.stderr, /nobody works on/);
    }
    await sandbox.set({ latency: { fixedMs: 0 } });
    await workspace.run(['resume', '--quiet'], { status: 0 });
    assert.deepEqual(await sandbox.pairs('vault-name', 'name'), asMultiset(pairs));
  },
);

test('a link in place of the PID file or the log is refused, and what it leads to stays as it was', async () => {
  await using workspace = await Workspace.create();
  await workspace.configure('http://127.0.0.1:9', ['NAME']);
  const precious = workspace.at('precious');
  await writeFile(precious, '1\n', { mode: 0o600 });
  for (const flag of ['--pid-file', '--log-file']) {
    const link = workspace.at(`link${flag}`);
    await symlink(precious, link);
    const refused = await workspace.run(['load', '--offline', flag, link], { status: 2 });
    assert.match(refused.stderr, /is not trusted: it is a link/);
  }
  assert.equal(await readFile(precious, 'utf8'), '1\n');
});
