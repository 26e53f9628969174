/** A bucket that fills at a steady rate. Times are in milliseconds of one monotonic clock. */
export class TokenBucket {
  #level: number | undefined;
  #filledAtMs = 0;

  /**
   * Undefined when `amount` is taken, else the milliseconds until it could be. A bucket holds `burstSeconds` of its
   * rate; an amount above that is let in by a full bucket, which then owes the rest. Rate 0 is no limit.
   */
  take(amount: number, perSecond: number, burstSeconds: number, nowMs: number): number | undefined {
    if (perSecond === 0) {
      this.#level = undefined;
      return undefined;
    }
    const capacity = Math.max(1, perSecond * burstSeconds);
    const filled = (this.#level ?? capacity) + ((nowMs - this.#filledAtMs) / 1000) * perSecond;
    this.#level = Math.min(capacity, filled);
    this.#filledAtMs = nowMs;
    const needed = Math.min(amount, capacity);
    if (this.#level < needed) return ((needed - this.#level) / perSecond) * 1000;
    this.#level -= amount;
    return undefined;
  }

  /** Gives back what a request took that was refused for another reason. */
  giveBack(amount: number): void {
    if (this.#level !== undefined) this.#level += amount;
  }
}
