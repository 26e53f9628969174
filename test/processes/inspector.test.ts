import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { test } from 'node:test';
import { program } from '../../supervisor/commands/program.js';
import { packageFolder } from '../../src/product/product.js';
import { runProgram } from '../support/program.js';
import { loadingChild, readStatus } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { makePairs, Workspace } from '../support/workspace.js';
import { needsProc } from '../support/needs-proc.js';

/** How many sockets of a process listen on TCP. */
async function listening(pid: number): Promise<number> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  const fields = tables.flatMap((text) => text.split('\n').map((line) => line.trim().split(/\s+/)));
  const inodes = new Set(fields.filter((line) => line[3] === '0A').map((line) => line[9]));
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1])).length;
}

test(
  'SIGUSR1 opens no inspector, neither in the supervisor nor in a child, and the load goes on',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=300']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 5, max_concurrency: 1 } });
    await workspace.writePairs('NAME', makePairs(300));
    const load = workspace.start(['--all']);
    const pids = [load.child.pid ?? 0, await loadingChild(workspace, 'NAME')];
    for (const pid of pids) process.kill(pid, 'SIGUSR1');
    // Both have been at work since: what the signal does is done.
    const written = await statusTime(workspace);
    await waitUntil(
      'the status was written twice more',
      async () => (await statusTime(workspace)) > written + 1_500,
    );
    for (const pid of pids) assert.equal(await listening(pid), 0);
    await sandbox.set({ latency: { fixedMs: 0 } });
    const { status, stdout, stderr } = await load.ended;
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /inspector|Debugger/i);
  },
);

async function statusTime(workspace: Workspace): Promise<number> {
  assert.ok(await readStatus(workspace));
  const [run = ''] = await workspace.runs();
  const { updated_at: at } = JSON.parse(await readFile(`${run}/status.json`, 'utf8')) as {
    updated_at: string;
  };
  return Date.parse(at);
}

test('a secret flag is gone from the arguments before the program is loaded: the entry knows each of them', async () => {
  const entry = await readFile(`${packageFolder}/supervisor/main.ts`, 'utf8');
  const [, names = ''] = /\^--\?\(([^)]*)\)/.exec(entry) ?? [];
  const secrets = program.flags.filter(({ secret }) => secret === true).map(({ name }) => name.slice(2));
  assert.deepEqual(names.split('|').sort(), secrets.sort());
  const first = entry.split('\n').find((line) => !/^(#|\/\/|$)/.test(line));
  assert.equal(first, "process.on('SIGUSR1', () => undefined);");
  // What runs is that entry, and it loads nothing of ours before these statements.
  const built = await readFile(`${packageFolder}/dist/supervisor/main.js`, 'utf8');
  const [head = ''] = built.split(names);
  assert.match(head, /process\.on\(.SIGUSR1.[^]*process\.argv\.some/);
  const loaded = [...built.matchAll(/^(?:import\b.*\bfrom|import) ["']([^"']+)["']/gm)].map(
    ([, name]) => name,
  );
  assert.deepEqual(loaded, ['module']);
  const { status } = await runProgram(['--version'], { cwd: packageFolder });
  assert.equal(status, 0);
});
