import { waitFor } from '../wait-for.js';

export interface CrewOptions {
  /** How many work at a time. */
  readonly concurrency: number;
  /** One piece of work after the other; false when there is none left. Rejects with nothing. */
  readonly workOnce: () => Promise<boolean>;
  readonly onStarted: () => void;
  readonly onEnded: () => void;
}

/**
 * The workers of a vault: each does one piece of work at a time, until there is none. One that only waits, because its
 * batch is to be sent again later, is no worker as long as that lasts: another one takes its place, so that a refusal
 * costs the request that was refused and nothing else. There are never more than twice as many as work at a time.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #all = new Set<Promise<void>>();
  #size = 0;
  #waiting = 0;
  #isOver = false;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Resolves when there is nothing left to do and everybody has ended. */
  async work(): Promise<void> {
    while (this.#isShort()) this.#begin();
    // Whoever begins meanwhile is waited for as well.
    while (this.#all.size > 0) await Promise.all(this.#all);
  }

  /** Waits before a batch is sent again; meanwhile somebody else works. Rejects as soon as `signal` is aborted. */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    this.#waiting += 1;
    if (this.#isShort()) this.#begin();
    try {
      await waitFor(delayMs, signal);
    } finally {
      this.#waiting -= 1;
    }
  }

  #isShort(): boolean {
    const { concurrency } = this.#options;
    const working = this.#size - this.#waiting;
    return !this.#isOver && working < concurrency && this.#size < 2 * concurrency;
  }

  #begin(): void {
    this.#size += 1;
    const worker = this.#run();
    this.#all.add(worker);
    void worker.finally(() => this.#all.delete(worker));
  }

  async #run(): Promise<void> {
    const { concurrency, workOnce, onStarted, onEnded } = this.#options;
    onStarted();
    try {
      do {
        if (!(await workOnce())) this.#isOver = true;
      } while (!this.#isOver && this.#size - this.#waiting <= concurrency);
    } finally {
      this.#size -= 1;
      onEnded();
    }
  }
}
