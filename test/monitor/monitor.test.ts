import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { runStatusSchema, type RunStatus } from '../../supervisor/observers/status-format.js';
import { loadingChild, stopAtOnce } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { makePairs, vaults, Workspace } from '../support/workspace.js';
import { needsProc } from '../support/needs-proc.js';

const SHOW_CURSOR = '\u001b[?25h';
const HIDE_CURSOR = '\u001b[?25l';
const share = z.number().nonnegative().nullable();
const documentSchema = z.object({
  format_version: z.literal(1),
  run_id: z.string(),
  state: z.enum(['active', 'ended', 'abandoned']),
  status: z.string().nullable(),
  exit_code: z.int().nullable(),
  pid: z.int().nullable(),
  vaults: z.array(
    z.object({
      name: z.string(),
      pid: z.int().nullable(),
      phase: z.string(),
      in_flight: z.int(),
      uploaded: z.int(),
    }),
  ),
  machine: z.object({ cores: z.int().positive(), cpu_share: share, memory_total_bytes: z.int().positive() }),
  processes: z.array(
    z.object({
      role: z.enum(['supervisor', 'vault']),
      vault: z.string().nullable(),
      pid: z.int(),
      cpu_share: share,
      rss_bytes: z.int(),
      threads: z.int(),
      connections: z.int().nullable(),
      open_files: z.int().nullable(),
    }),
  ),
  limits: z.array(
    z.object({ kind: z.string(), level: z.enum(['warn', 'info']), vault: z.string().nullable() }),
  ),
});

async function runStatus(workspace: Workspace): Promise<RunStatus | undefined> {
  const [run = ''] = await workspace.runs();
  return runStatusSchema.parse(JSON.parse(await readFile(join(run, 'status.json'), 'utf8')));
}

test(
  'monitor shows the newest active run and its processes to programs, as lines, and tells how it ended',
  needsProc,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, [
      'latency.fixedMs=300',
      'faultRoutes=["insert"]',
    ]);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 3 } });
    await workspace.writePairs('NAME', makePairs(2_000));
    const none = await workspace.run(['monitor'], { status: 2 });
    assert.match(none.stderr, /nobody works on a run in .*runs at present/);
    const load = workspace.start(['--all']);
    const child = await loadingChild(workspace, 'NAME');
    const shownOf = async () => (await runStatus(workspace))?.vaults[0]?.snapshot;
    // Until its first tokens have come back there is one request at a time: one that hangs then would stay alone.
    await waitUntil('three requests are on their way', async () => (await shownOf())?.in_flight === 3);
    await sandbox.set({ hangBefore: { rate: 1 } });
    await waitUntil('nothing is answered, and three requests hang', async () => {
      const count = await sandbox.count(vaults.NAME.id, 'name');
      const { uploaded, in_flight: inFlight } = (await shownOf()) ?? {};
      return uploaded === count && inFlight === 3;
    });

    const active = await workspace.run(['monitor', '--once', '--json'], { status: 0 });
    const shown = documentSchema.parse(JSON.parse(active.stdout));
    assert.deepEqual([shown.state, shown.status, shown.pid], ['active', null, load.child.pid]);
    assert.deepEqual(
      shown.processes.map(({ role, vault, pid }) => [role, vault, pid]),
      [
        ['supervisor', null, load.child.pid],
        ['vault', 'NAME', child],
      ],
    );
    for (const { cpu_share: cpuShare, rss_bytes: rssBytes, threads, open_files: files } of shown.processes) {
      assert.ok(cpuShare !== null && rssBytes > 1e7 && threads > 1 && (files ?? 0) > 3);
    }
    assert.equal(shown.processes[1]?.connections, 3, 'one connection for each request on its way');
    assert.ok(shown.limits.some(({ kind, vault }) => kind === 'vault' && vault === 'NAME'));
    const watching = workspace.start(['monitor']);
    await watching.outputMatches(
      /Z \[NAME\] loading \(\d+\.\d%\): \d+ uploaded, 0 failed, \d+ rec\/s, 3 in flight/,
    );
    await watching.outputMatches(/Z \[machine\] .* 2 processes of the run use /);
    watching.child.kill('SIGINT');
    assert.equal((await watching.ended).status, 130);
    await stopAtOnce(load, sandbox);

    const runId = basename((await workspace.runs())[0] ?? '');
    const ended = await workspace.run(['monitor', runId, '--json'], { status: 0 });
    const last = documentSchema.parse(JSON.parse(ended.stdout));
    assert.deepEqual(
      [last.state, last.status, last.exit_code, last.processes],
      ['ended', 'interrupted', 130, []],
    );
    const told = await workspace.run(['monitor', runId]);
    assert.match(
      told.stdout,
      /has stopped: interrupted \(exit status 130\)\.\n[^]*\nWhat comes next: skyflow-supervise resume \S+\n$/,
    );
  },
);

test(
  'in a terminal monitor draws the run until q, gives the terminal back, and the run goes on',
  needsTerminal,
  async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['hangBefore.rate=1', 'faultRoutes=["insert"]']);
    await workspace.configure(sandbox.url, ['NAME'], { performance: { batch_size: 1, max_concurrency: 1 } });
    await workspace.writePairs('NAME', makePairs(20));
    const load = workspace.start(['--all']);
    try {
      const child = await loadingChild(workspace, 'NAME');
      for (const [key, status] of [
        ['q', 0],
        ['\u0003', 130],
      ] as const) {
        await using terminal = startInTerminal(['monitor'], { cwd: workspace.path });
        await terminal.answer(new RegExp(`NAME +${child} `));
        await terminal.answer(/q ends the watching; the run goes on\./);
        terminal.type(key);
        assert.equal(await terminal.ended, status, terminal.raw());
        const screen = terminal.raw();
        assert.ok(screen.lastIndexOf(SHOW_CURSOR) > screen.lastIndexOf(HIDE_CURSOR), 'the cursor is shown');
      }
      assert.equal(load.child.exitCode, null);
    } finally {
      const child = await loadingChild(workspace, 'NAME');
      load.child.kill('SIGKILL');
      await load.ended;
      // It notes down what it knows, and ends, when it finds its supervisor gone.
      await waitUntil('the process of the vault has ended', () => !isAlive(child));
    }
    const [run = ''] = await workspace.runs();
    const told = await workspace.run(['monitor', basename(run), '--once']);
    assert.match(
      told.stdout,
      /nobody works on it any more; it was killed\.\n[^]*\nWhat comes next: skyflow-supervise resume \S+\n$/,
    );
  },
);
