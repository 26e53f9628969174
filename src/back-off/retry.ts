import pRetry from 'p-retry';

/** How long is waited before something is tried again: longer each time. What of a vault is worth it: `vault/http-statuses.ts`. */
export interface BackOff {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Given: any time up to that, so that those who failed together do not come back together. A number from 0 to 1. */
  readonly random?: (() => number) | undefined;
}

/** That it is worth another attempt, and what is known of it. */
export interface Again {
  /** The other side said not to come before. */
  readonly retryAfterMs?: number | undefined;
  /** It uses up no attempt: waiting for it may take as long as it takes. */
  readonly isFree?: boolean | undefined;
  /** Something was achieved since the failure before: that one, and all before it, count no more. */
  readonly isAfresh?: boolean | undefined;
}

export interface RetryPolicy<T> extends BackOff {
  /** In all, the first one included; Infinity: as often as it is worth it. */
  readonly attempts: number;
  /** Whether an answer is not final; absent: every one is. What it throws ends the trying. */
  readonly answered?: ((answer: T) => Again | undefined) | undefined;
  /** The same for a failure; absent: every one is final. */
  readonly failed?: ((error: unknown) => Again | undefined) | undefined;
  /** Waits. What it throws ends the trying. `failures`: how many in a row. */
  readonly wait: (delayMs: number, failures: number) => Promise<void>;
}

/** The wait after so many failures in a row, from 1 on. */
export function backOffMs({ firstDelayMs, maxDelayMs, random }: BackOff, failures: number): number {
  const ceilingMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
  return random === undefined ? ceilingMs : random() * ceilingMs;
}

/** Tries until an answer is final, or attempts are used up: resolves or rejects then with what the last one came to. */
export async function retry<T>(attempt: (number: number) => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  // Nearly everything succeeds at once, and p-retry takes longer to begin than a body to build: it begins with a failure.
  const first = attempt(1);
  let again: Again | undefined;
  try {
    const answer = await first;
    again = policy.answered?.(answer);
    if (again === undefined) return answer;
  } catch (error) {
    again = policy.failed?.(error);
    if (again === undefined) throw error;
  }
  return goOn(attempt, policy, { outcome: first, again });
}

/** After the first attempt, which was not final. */
async function goOn<T>(
  attempt: (number: number) => Promise<T>,
  policy: RetryPolicy<T>,
  first: { readonly outcome: Promise<T>; readonly again: Again },
): Promise<T> {
  let number = 1;
  /** What the last attempt came to. */
  let { outcome } = first;
  const once = async (): Promise<T> => {
    number += 1;
    outcome = attempt(number);
    let answer: T;
    try {
      answer = await outcome;
    } catch (error) {
      const again = policy.failed?.(error);
      throw again === undefined ? error : new NotYet(again);
    }
    const again = policy.answered?.(answer);
    if (again !== undefined) throw new NotYet(again);
    return answer;
  };
  for (let known = new NotYet(first.again); ;) {
    try {
      return await goOnAfter(known, once, policy);
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      if (error === known || error.again.isAfresh !== true) return outcome;
      known = error;
    }
  }
}

/** p-retry decides on attempts: what has failed already is the failure of its first one. */
async function goOnAfter<T>(known: NotYet, once: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
  let isFirst = true;
  return pRetry(
    () => {
      if (!isFirst) return once();
      isFirst = false;
      return Promise.reject(known);
    },
    {
      // One more than are used up: those that are free come after the last as well.
      retries: policy.attempts,
      minTimeout: 0,
      shouldConsumeRetry: ({ error }) => error instanceof NotYet && error.again.isFree !== true,
      shouldRetry: async ({ error, attemptNumber, retriesConsumed }) => {
        if (!(error instanceof NotYet)) return false;
        const { isFree, isAfresh, retryAfterMs = 0 } = error.again;
        if (isAfresh === true && error !== known) return false;
        if (isFree !== true && retriesConsumed >= policy.attempts - 1) return false;
        await policy.wait(Math.max(backOffMs(policy, attemptNumber), retryAfterMs), attemptNumber);
        return true;
      },
    },
  );
}

class NotYet extends Error {
  readonly again: Again;

  constructor(again: Again) {
    super('not yet');
    this.again = again;
  }
}
