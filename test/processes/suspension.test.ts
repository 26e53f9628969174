import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { SilenceWatch } from '../../supervisor/process/silence-watch.js';
import { loadingChild, readStatus } from '../support/running-load.js';
import { startSandbox } from '../support/sandbox.js';
import { needsTerminal, startInTerminal } from '../support/terminal.js';
import { isAlive, waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { needsProc } from '../support/needs-proc.js';

const { NAME } = vaults;

/** `T`: stopped. */
async function stateOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

async function supervisorOf(workspace: Workspace): Promise<number> {
  const status = await readStatus(workspace);
  assert.ok(status !== undefined);
  return status.pid;
}

describe('silence', () => {
  /** A clock that is set by hand, as a machine's is by the time that passes. */
  class HandClock {
    #nowMs = 0;
    readonly #calls = new Set<{ atMs: number; everyMs: number; call: () => void }>();
    nowMs = (): number => this.#nowMs;
    every = (everyMs: number, call: () => void): (() => void) => {
      const repeated = { atMs: this.#nowMs + everyMs, everyMs, call };
      this.#calls.add(repeated);
      return () => void this.#calls.delete(repeated);
    };
    /** Time passes, and timers come when they are due. */
    pass(ms: number): void {
      for (let step = 0; step < ms; step += 50) {
        this.#nowMs += 50;
        this.#due();
      }
    }
    /** Time passes while nothing runs; late timers come once. */
    sleep(ms: number): void {
      this.#nowMs += ms;
      this.#due();
    }
    #due(): void {
      for (const repeated of [...this.#calls]) {
        if (repeated.atMs > this.#nowMs) continue;
        repeated.atMs = this.#nowMs + repeated.everyMs;
        repeated.call();
      }
    }
  }

  function watch() {
    const clock = new HandClock();
    const silences: number[] = [];
    const silence = new SilenceWatch({ onSilence: (ms) => silences.push(ms), clock });
    silence.heard(5_000);
    return { clock, silences, silence };
  }

  test('of the other side is told once, at its limit and not before', () => {
    const { clock, silences, silence } = watch();
    clock.pass(4_900);
    assert.deepEqual(silences, []);
    silence.heard(5_000);
    clock.pass(4_900);
    assert.deepEqual(silences, []);
    clock.pass(400);
    assert.deepEqual(silences, [5_000]);
    clock.pass(60_000);
    assert.deepEqual(silences, [5_000]);
  });

  test('does not grow with a pause of our own, however long and however often', () => {
    const { clock, silences, silence } = watch();
    for (let night = 0; night < 3; night += 1) {
      clock.pass(1_000);
      clock.sleep(8 * 3_600_000);
    }
    assert.deepEqual(silences, []);
    silence.heard(5_000);
    clock.pass(4_000);
    clock.sleep(3_600_000);
    assert.deepEqual(silences, []);
    clock.pass(2_000);
    assert.deepEqual(silences, [5_000], 'what we were awake for counts');
  });
});

const slow = ['latency.fixedMs=200'];
const pairs = makePairs(300);

async function prepare(workspace: Workspace, url: string): Promise<void> {
  await workspace.configure(url, ['NAME'], {
    performance: { batch_size: 2, max_concurrency: 2, heartbeat_ms: 5_000 },
  });
  await workspace.writePairs('NAME', pairs);
}

describe('a load that is suspended', { ...needsProc, concurrency: 3 }, () => {
  test(
    'with Ctrl-Z sends nothing, children stopped too; fg goes on, nothing is lost or asked',
    needsTerminal,
    async () => {
      await using workspace = await Workspace.create();
      await using sandbox = await startSandbox(workspace.path, slow);
      await prepare(workspace, sandbox.url);
      // A shell with job control, as the one that people press Ctrl-Z in.
      await using terminal = startInTerminal(['--all'], {
        cwd: workspace.path,
        shell: (command) => `set -m; ${command}; echo "stopped with $?"; read line; fg; exit $?`,
      });
      const child = await loadingChild(workspace, 'NAME');
      const supervisor = await supervisorOf(workspace);
      terminal.type('\u001a');
      await terminal.answer(/stopped with 1\d\d/);

      assert.deepEqual([await stateOf(supervisor), await stateOf(child)], ['T', 'T']);
      const screen = terminal.raw();
      assert.ok(screen.lastIndexOf('\u001b[?25h') > screen.lastIndexOf('\u001b[?25l'), 'the cursor is shown');
      assert.equal((await sandbox.stats())['in_flight'], 0);
      await sandbox.set({ latency: { fixedMs: 0 } });
      terminal.type('\r');

      assert.equal(await terminal.ended, 0, terminal.all());
      const { totals } = await workspace.summary();
      assert.deepEqual([totals.restarts, totals.confirmed, totals.resent, totals.held], [0, 0, 0, 0]);
      assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
    },
  );

  test('and killed while it is stopped leaves no child behind', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, slow);
    await prepare(workspace, sandbox.url);
    const load = workspace.start(['--all']);
    const child = await loadingChild(workspace, 'NAME');
    load.child.kill('SIGTSTP');
    await waitUntil('the child is stopped', async () => (await stateOf(child)) === 'T');
    await waitUntil('the supervisor is stopped', async () => (await stateOf(load.child.pid ?? 0)) === 'T');

    load.child.kill('SIGKILL');
    await load.ended;

    await waitUntil('the child is gone', () => !isAlive(child));
  });

  test('from outside, children running on, for longer than a child may be silent: none is killed', async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, slow);
    await prepare(workspace, sandbox.url);
    const load = workspace.start(['--all']);
    const child = await loadingChild(workspace, 'NAME');
    load.child.kill('SIGSTOP');
    process.kill(child, 'SIGSTOP');
    // The pause has to be longer than the limit of silence: that is what is tested.
    const fromMs = performance.now();
    await waitUntil('a long pause', () => performance.now() - fromMs > 6_000);
    await sandbox.set({ latency: { fixedMs: 0 } });
    load.child.kill('SIGCONT');
    process.kill(child, 'SIGCONT');

    const end = await load.ended;

    assert.equal(end.status, 0, end.stdout + end.stderr);
    assert.doesNotMatch(end.stdout, /silent/);
    assert.equal((await workspace.summary()).totals.restarts, 0);
    assert.deepEqual(await sandbox.pairs(NAME.id, NAME.column), asMultiset(pairs));
  });
});
