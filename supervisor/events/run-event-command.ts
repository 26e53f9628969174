import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { singleLine } from '../../src/report/screen-text.js';

const maxMs = 30_000;
const stderrCharacters = 300;

/**
 * Runs a person's own command line in a shell, with this environment and nothing else, for at most 30 s. Facts reach it
 * as variables only. Resolves with what went wrong, in one sentence; undefined when it exited with 0.
 */
export async function runEventCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  limitMs = maxMs,
): Promise<string | undefined> {
  // A group of its own, so that what it started is ended with it, and the terminal's Ctrl-C is not for it.
  const child = spawn('/bin/sh', ['-c', command], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-stderrCharacters);
  });
  const overdue = new AbortController();
  const timer = setTimeout(() => {
    overdue.abort();
    killGroup(child.pid);
  }, limitMs);
  try {
    // `exit` and not `close`: what it left in the background may hold its stderr open.
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (overdue.signal.aborted) return `it did not end within ${limitMs / 1000} s and was killed`;
    if (status === 0) return undefined;
    const why = said.trim() === '' ? '' : `: ${singleLine(said, stderrCharacters)}`;
    return status === null
      ? `it was ended by ${signal ?? 'a signal'}${why}`
      : `it exited with ${status}${why}`;
  } catch (error) {
    return `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
    child.stderr.destroy();
  }
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
