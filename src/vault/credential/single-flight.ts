import { onAbort } from '../on-abort.js';

/**
 * Runs `work` once for all who ask while it runs. The work is nobody's: a caller whose signal is aborted leaves,
 * the others go on waiting.
 */
export class SingleFlight<T> {
  readonly #work: () => Promise<T>;
  #running: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  run(signal: AbortSignal): Promise<T> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
    return unlessAborted(this.#running, signal);
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    const stay = onAbort(signal, () => reject(signal.reason as Error));
    work.then(resolve, reject).finally(stay);
  });
}
