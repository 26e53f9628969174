import type { StoreAnswer } from '../../src/vault/stored-records.js';
import { waitFor } from '../wait-for.js';

/** What waiting needs of time. */
export interface RetryClock {
  sleep(delayMs: number, signal: AbortSignal): Promise<void>;
}

export interface Patience {
  readonly signal: AbortSignal;
  readonly clock?: RetryClock | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((message: string, delayMs: number) => void) | undefined;
}

/** The time of this process. */
export const realClock: RetryClock = { sleep: waitFor };

const maxRetries = 5;
const firstDelayMs = 2_000;
const maxDelayMs = 60_000;

/**
 * Asks again while that may help (429, 5xx, no answer): 5 times, after 2 s, doubled up to 60 s, and never before
 * `Retry-After`. For requests that do no more when they are sent twice. Rejects when `signal` is aborted.
 */
export async function patiently<T>(
  ask: () => Promise<StoreAnswer<T>>,
  { signal, clock = realClock, onRetry }: Patience,
): Promise<StoreAnswer<T>> {
  for (let retries = 0; ; retries += 1) {
    const answer = await ask();
    const mayPass =
      answer.kind === 'refused' && (answer.verdict === 'throttled' || answer.verdict === 'unavailable');
    if (!mayPass || retries === maxRetries) return answer;
    const delayMs = Math.max(Math.min(maxDelayMs, firstDelayMs * 2 ** retries), answer.retryAfterMs ?? 0);
    onRetry?.(answer.message, delayMs);
    await clock.sleep(delayMs, signal);
  }
}
