/** Time that may be made good after a late timer: a window of T seconds holds at most `rate × (T + 0.05) + 1`. */
const catchUpMs = 50;

/**
 * A rate as a distance in time: whatever passes makes the next one due later by its own cost (GCRA). Time that
 * nobody used is lost, but for `catchUpMs`, so that there is no burst after a rest.
 */
export class RateLimit {
  #dueMs = -Infinity;

  /** From when on the next one may pass. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Something passes now: one request, or so many records. */
  charge(amount: number, perSecond: number, nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs - catchUpMs) + (1000 * amount) / perSecond;
  }
}
