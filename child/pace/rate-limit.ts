import { rateCosts, rateKeys, type Rates, type RequestCost } from '../../src/rates/rates.js';

/**
 * A rate as a distance in time: whatever passes makes the next one due later by its own cost (GCRA). Time that
 * nobody used is lost, but for `catchUpMs` (late timers), so that there is no burst after a rest: a window of T
 * seconds holds at most `rate × (T + catchUpMs / 1000)` and one more.
 */
export class RateLimit {
  readonly #catchUpMs: number;
  #dueMs = -Infinity;
  #restUntilMs = -Infinity;

  constructor({ catchUpMs }: { readonly catchUpMs: number }) {
    this.#catchUpMs = catchUpMs;
  }

  /** From when on the next one may pass. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Nothing passes before this time, and nothing is caught up on then. */
  pauseUntil(timeMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, timeMs);
    this.#restUntilMs = timeMs;
  }

  /** The rate is another one: what is still owed is paid at the new one. Infinity: it is not owed any more. */
  becomeFaster(times: number, nowMs: number): void {
    if (this.#dueMs > nowMs) this.#dueMs = Math.max(this.#restUntilMs, nowMs + (this.#dueMs - nowMs) / times);
  }

  /** Something passes now: one request, or so many records. */
  charge(amount: number, perSecond: number, nowMs: number): void {
    const since = Math.max(nowMs - this.#catchUpMs, Math.min(nowMs, this.#restUntilMs));
    this.#dueMs = Math.max(this.#dueMs, since) + (1000 * amount) / perSecond;
  }
}

/** The burst that a configured rate allows: what late timers need. */
const configuredCatchUpMs = 50;

/** The rates that a configuration sets, all at once: a request passes when it may by each of them. */
export class ConfiguredRates {
  readonly #limits = rateKeys.map((key) => ({
    key,
    costOf: rateCosts[key],
    limit: new RateLimit({ catchUpMs: configuredCatchUpMs }),
  }));
  #rates: Rates;

  constructor(rates: Rates) {
    this.#rates = rates;
  }

  /** From when on the next request may pass. */
  get dueMs(): number {
    let dueMs = -Infinity;
    for (const { limit } of this.#limits) dueMs = Math.max(dueMs, limit.dueMs);
    return dueMs;
  }

  /** Other rates from now on, at which what is still owed is paid. */
  become(rates: Rates, nowMs: number): void {
    for (const { key, limit } of this.#limits)
      limit.becomeFaster((rates[key] ?? Infinity) / (this.#rates[key] ?? Infinity), nowMs);
    this.#rates = rates;
  }

  /** A request passes now. */
  charge(cost: RequestCost, nowMs: number): void {
    for (const { key, costOf, limit } of this.#limits) {
      const perSecond = this.#rates[key];
      if (perSecond !== undefined) limit.charge(costOf(cost), perSecond, nowMs);
    }
  }
}
