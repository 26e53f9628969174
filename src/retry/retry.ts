import pRetry from 'p-retry';

/** How long is waited before something is tried again: longer each time. */
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
  let number = 0;
  const once = async (): Promise<T> => {
    number += 1;
    let answer: T;
    try {
      answer = await attempt(number);
    } catch (error) {
      const again = policy.failed?.(error);
      if (again === undefined) throw error;
      throw new NotYet<T>(again, () => Promise.reject(error));
    }
    const again = policy.answered?.(answer);
    if (again !== undefined) throw new NotYet<T>(again, () => Promise.resolve(answer));
    return answer;
  };
  // Nearly everything succeeds at once, and p-retry takes longer to begin than a body to build: it begins with the failure.
  let failure = await once().catch(asNotYet<T>);
  while (failure instanceof NotYet) {
    const known = failure;
    failure = await goOnAfter(known, once, policy).catch(asNotYet<T>);
    if (!(failure instanceof NotYet)) break;
    if (failure === known || failure.again.isAfresh !== true) return failure.outcome();
  }
  return failure;
}

function asNotYet<T>(error: unknown): NotYet<T> {
  if (error instanceof NotYet) return error;
  throw error;
}

/** p-retry decides on attempts: what has failed already is the failure of its first one. */
async function goOnAfter<T>(known: NotYet<T>, once: () => Promise<T>, policy: RetryPolicy<T>): Promise<T> {
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

class NotYet<T> extends Error {
  readonly again: Again;
  /** What the attempt came to. */
  readonly outcome: () => Promise<T>;

  constructor(again: Again, outcome: () => Promise<T>) {
    super('not yet');
    this.again = again;
    this.outcome = outcome;
  }
}
