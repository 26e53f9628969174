import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../support/children-of.js';
import type { RunningProgram } from '../support/program.js';
import type { TestSandbox } from '../support/sandbox.js';
import type { Blow } from './draw-plan.js';

/** What a blow needs to know of the run that it hits. */
export interface Victim {
  readonly program: RunningProgram;
  readonly sandbox: TestSandbox;
  /** The file with the bearer token in force. */
  readonly tokenFile: string;
}

/** How many records the sandbox has stored so far, lost and doubled ones included. */
export async function storedRecords(sandbox: TestSandbox): Promise<number> {
  return Number((await sandbox.stats())['records_stored']);
}

/**
 * Strikes once for each blow, as soon as the sandbox has stored enough records, until the program has ended.
 * Returns the blows that hit, and every child process that was seen.
 */
export async function strike(
  { program, sandbox, tokenFile }: Victim,
  blows: readonly Blow[],
): Promise<{ hits: number; children: ReadonlySet<number> }> {
  const before = await storedRecords(sandbox);
  const children = new Set<number>();
  let hits = 0;
  let running = true;
  void program.ended.then(() => (running = false));
  const isRunning = (): boolean => running;
  for (const blow of blows) {
    while (isRunning() && (await storedRecords(sandbox)) - before < blow.afterRecords) await sleep(5);
    const seen = await childrenOf(program.child.pid ?? 0);
    for (const pid of seen) children.add(pid);
    if (!isRunning()) break;
    if (blow.target === 'credential') await changeCredential(sandbox, tokenFile);
    if (blow.target === 'supervisor' || blow.target === 'both') program.child.kill(blow.signal);
    if (blow.target === 'child' || blow.target === 'both') for (const pid of seen) kill(pid, blow.signal);
    hits += 1;
  }
  return { hits, children };
}

/** The present token expires; the file that the program reads has the next one before that. */
async function changeCredential(sandbox: TestSandbox, tokenFile: string): Promise<void> {
  const present = await readFile(tokenFile, 'utf8');
  const { expiredTokens } = await sandbox.options();
  await writeFile(`${tokenFile}.new`, `${present}x`, { mode: 0o600 });
  await rename(`${tokenFile}.new`, tokenFile);
  await sandbox.set({ expiredTokens: [...expiredTokens, present] });
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself meanwhile.
  }
}
