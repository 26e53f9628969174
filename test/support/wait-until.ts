import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const hasProc = existsSync('/proc/self/status');

/** What a program of a test may take to end, or to say something: many times what it takes on a busy machine. */
export const programLimitMs = 120_000;

/** What is waited for long is asked for more seldom: looking costs the machine that is to get there. */
const pollAfterMs = (waitedMs: number): number => Math.min(50, 20 + waitedMs / 40);

/** Polls a condition until it holds; throws, naming it as it is then, after `limitMs`. */
export async function waitUntil(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  limitMs = programLimitMs,
): Promise<void> {
  const startedMs = performance.now();
  while (!(await holds())) {
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > limitMs)
      throw new Error(`not within ${limitMs / 1000} s: ${typeof what === 'string' ? what : what()}`);
    await sleep(pollAfterMs(waitedMs));
  }
}

/** What the promise comes to; rejects with what `late` says when that takes longer than `limitMs`. */
export async function within<T>(limitMs: number, promise: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${limitMs / 1000} s: ${late()}`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a process exists that is not merely waiting to be reaped, which in a container nobody may ever do. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !hasProc || !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
