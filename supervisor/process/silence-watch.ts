export interface SilenceWatchOptions {
  /** Tells once that nothing was heard for so long. */
  readonly onSilence: (silentMs: number) => void;
  readonly clock?: WatchClock;
}

/** A monotonic clock, and a call that is repeated until what it returns is called. */
export interface WatchClock {
  nowMs(): number;
  every(intervalMs: number, call: () => void): () => void;
}

const realClock: WatchClock = {
  nowMs: () => performance.now(),
  every: (intervalMs, call) => {
    const timer = setInterval(call, intervalMs);
    return () => clearInterval(timer);
  },
};

const looksPerLimit = 20;

/**
 * Tells when another process has been silent for too long. Only time in which this process could have heard something
 * counts: it looks at short intervals, and one that took much longer (it was stopped, its machine slept, its own loop
 * was blocked) counts as one. What arrived meanwhile is heard before the next look.
 */
export class SilenceWatch {
  readonly #onSilence: (silentMs: number) => void;
  readonly #clock: WatchClock;
  #limitMs = 0;
  #silentMs = 0;
  #lookedMs = 0;
  #stopLooking: (() => void) | undefined;

  constructor({ onSilence, clock = realClock }: SilenceWatchOptions) {
    this.#onSilence = onSilence;
    this.#clock = clock;
  }

  /** Something was heard: from now on silence may last `limitMs`. */
  heard(limitMs: number): void {
    this.#silentMs = 0;
    this.#lookedMs = this.#clock.nowMs();
    if (limitMs === this.#limitMs && this.#stopLooking !== undefined) return;
    this.close();
    this.#limitMs = limitMs;
    this.#stopLooking = this.#clock.every(limitMs / looksPerLimit, () => this.#look());
  }

  close(): void {
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }

  #look(): void {
    const nowMs = this.#clock.nowMs();
    this.#silentMs += Math.min(nowMs - this.#lookedMs, (2 * this.#limitMs) / looksPerLimit);
    this.#lookedMs = nowMs;
    if (this.#silentMs < this.#limitMs) return;
    this.close();
    this.#onSilence(this.#limitMs);
  }
}
