import { setImmediate as turn } from 'node:timers/promises';
import type { PaceClock } from '../../child/pace/pace-gate.js';

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to go on; sleepers wake in the order of their times. */
export class VirtualClock implements PaceClock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap, the next to wake first. */
  readonly #sleepers: Sleeper[] = [];
  #asleep = 0;

  now(): number {
    return this.#nowMs;
  }

  /** Sleeps that have neither ended nor been given up. */
  get asleep(): number {
    return this.#asleep;
  }

  /** Without a signal it is a sleep that nobody gives up: a simulation that is over leaves it as it is. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      this.#asleep += 1;
      let over = false;
      const giveUp = (): void => {
        over = true;
        this.#asleep -= 1;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#push({
        atMs: this.#nowMs + delayMs,
        order: (this.#order += 1),
        wake: () => {
          if (over) return;
          this.#asleep -= 1;
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      });
    });
  }

  /** Lets everything run that waits for nothing but its turn. */
  async settle(): Promise<void> {
    await turn();
  }

  /** Goes on to a time, with everything that happens until then. */
  async advanceTo(timeMs: number): Promise<void> {
    await this.settle();
    for (let next = this.#sleepers[0]; next !== undefined && next.atMs <= timeMs; next = this.#sleepers[0]) {
      this.#nowMs = next.atMs;
      while (this.#sleepers[0]?.atMs === this.#nowMs) this.#pop()?.wake();
      await this.settle();
    }
    this.#nowMs = timeMs;
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.length;
    heap.push(sleeper);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfLater(parent, at)) return;
      at = parent;
    }
  }

  #pop(): Sleeper | undefined {
    const heap = this.#sleepers;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#isLater(left, left + 1) ? left + 1 : left;
      if (!this.#swapIfLater(at, child)) return first;
      at = child;
    }
  }

  /** Whether the entry at `a` is later than an entry at `b`. */
  #isLater(a: number, b: number): boolean {
    const [one, other] = [this.#sleepers[a], this.#sleepers[b]];
    if (one === undefined || other === undefined) return false;
    return one.atMs > other.atMs || (one.atMs === other.atMs && one.order > other.order);
  }

  #swapIfLater(a: number, b: number): boolean {
    const [one, other] = [this.#sleepers[a], this.#sleepers[b]];
    if (one === undefined || other === undefined || !this.#isLater(a, b)) return false;
    this.#sleepers[a] = other;
    this.#sleepers[b] = one;
    return true;
  }
}
