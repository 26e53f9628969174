import { retry } from '../../src/back-off/retry.js';
import type { StoreAnswer } from '../../src/vault/stored-records.js';
import { waitFor } from '../wait-for.js';

/** What waiting needs of time. */
export interface RetryClock {
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

export interface PatientlyOptions {
  readonly signal: AbortSignal;
  readonly clock?: RetryClock | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((message: string, delayMs: number) => void) | undefined;
}

/** The time of this process. */
export const realClock: RetryClock = { sleep: waitFor };

const policy = { attempts: 6, firstDelayMs: 2_000, maxDelayMs: 60_000 };

/**
 * Asks again while that may help (429, 5xx, no answer): 5 times, after 2 s, doubled up to 60 s, and never before
 * `Retry-After`. For requests that do no more when they are sent twice. Rejects when `signal` is aborted.
 */
export async function patiently<T>(
  ask: () => Promise<StoreAnswer<T>>,
  { signal, clock = realClock, onRetry }: PatientlyOptions,
): Promise<StoreAnswer<T>> {
  let message = '';
  return retry(ask, {
    ...policy,
    answered: (answer) => {
      if (answer.kind !== 'refused') return undefined;
      if (answer.verdict !== 'throttled' && answer.verdict !== 'unavailable') return undefined;
      ({ message } = answer);
      return { retryAfterMs: answer.retryAfterMs };
    },
    wait: (delayMs) => {
      onRetry?.(message, delayMs);
      return clock.sleep(delayMs, signal);
    },
  });
}
