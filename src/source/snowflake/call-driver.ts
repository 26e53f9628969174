import { StreamFailure } from './driver-failure.js';

/** setTimeout takes longer times for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A call of the driver, which takes a callback, as a promise. It rejects with the signal's reason as soon as that is
 * aborted, and with a StreamFailure when there is no answer within `limitMs`: left alone, the driver repeats a request
 * a thousand times. Whatever the call still brings is dropped.
 */
export async function callDriver<T>(
  signal: AbortSignal,
  limitMs: number,
  call: (done: (error: unknown, value: T) => void) => void,
): Promise<T> {
  signal.throwIfAborted();
  let leave: () => void = () => undefined;
  let limit: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      leave = () => reject(abortReason(signal));
      signal.addEventListener('abort', leave, { once: true });
      limit = setTimeout(
        () => {
          reject(new StreamFailure(`no answer within ${limitMs / 1000} seconds`));
        },
        Math.min(limitMs, longestTimerMs),
      );
      call((error, value) => {
        if (error === undefined || error === null) resolve(value);
        else reject(asError(error));
      });
    });
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', leave);
  }
}

export function abortReason(signal: AbortSignal): Error {
  return asError(signal.reason);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
