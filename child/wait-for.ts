import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or rejects with the signal's own reason as soon as it is aborted. */
export async function waitFor(delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await sleep(delayMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
