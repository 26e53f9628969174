import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { childrenOf } from '../children-of.js';
import { firstTest } from './without-async-hooks.js';

/**
 * Loaded before a file of tests: one that has failed ends soon, and with it the whole suite on a machine that nobody
 * watches. A test that hangs is over after a time that none takes, and the next begins; what a file leaves open when its
 * last test is over, a process, a server, a socket, ends with it.
 */
const patienceMs = Number(process.env['TEST_PATIENCE_MS'] ?? 10_000);
const testLimitMs = 30 * patienceMs;

// Not by an import, which would load the runner before it is kept from following promises.
const { after } = await import('node:test');
const children = new Set<ChildProcess>();
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  children.add(child);
  child.once('exit', () => children.delete(child));
});

after(() => {
  let killing: Promise<void> | undefined;
  setTimeout(() => {
    killing = killChildren();
  }, patienceMs).unref();
  setTimeout(() => void endWith(killing), 2 * patienceMs).unref();
});
// The test of all tests, which was made for the hook: its limit is theirs, where they have none of their own.
Object.assign(firstTest() ?? {}, { timeout: testLimitMs });

/** What was left running is gone first: killing a tree takes its time on a busy machine. */
async function endWith(killing: Promise<void> | undefined): Promise<void> {
  const open = process.getActiveResourcesInfo().join(', ');
  process.stderr.write(`left open by the tests of this file: ${open}\n`);
  await killing;
  process.exit(1);
}

async function killChildren(): Promise<void> {
  for (const { pid, spawnargs } of children) {
    if (pid === undefined) continue;
    process.stderr.write(`left running by the tests of this file: ${spawnargs.join(' ')}\n`);
    await killTree(pid);
  }
}

/** Its children too, before they are somebody else's: one that was stopped would stand for ever. */
async function killTree(pid: number): Promise<void> {
  const below = await childrenOf(pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
  for (const child of below) await killTree(child);
}
