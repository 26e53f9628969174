import { hits, type Random } from './seeded-random.js';
import type { LiveOptions } from './options.js';
import { VaultRefusal } from './vault-reply.js';

/** Turns requests away for the vault's sake: outages, rate limits, and 429 at random. */
export class Gate {
  readonly #requests = new TokenBucket();
  readonly #records = new TokenBucket();
  #outageEndsAtMs = 0;

  /** Throws 503 or 529 while the vault is down, or when it goes down with this request. */
  passOutage(options: LiveOptions, random: Random): void {
    const nowMs = performance.now();
    const { outage } = options;
    if (nowMs >= this.#outageEndsAtMs) {
      if (!hits(outage, random)) return;
      this.#outageEndsAtMs = nowMs + outage.durationMs;
    }
    throw new VaultRefusal(
      outage.status,
      'The vault is not available now',
      retryAfter(options, this.#outageEndsAtMs - nowMs),
    );
  }

  /** Throws 429 above the rates, or at random. */
  passLimits(options: LiveOptions, recordCount: number, random: Random): void {
    const { requestsPerSecond, recordsPerSecond, burstSeconds } = options;
    const nowMs = performance.now();
    const requestWaitMs = this.#requests.take(1, requestsPerSecond, burstSeconds, nowMs);
    if (requestWaitMs !== undefined) throw tooMany(options, requestWaitMs);
    const recordWaitMs =
      recordCount === 0 ? undefined : this.#records.take(recordCount, recordsPerSecond, burstSeconds, nowMs);
    if (recordWaitMs !== undefined) {
      this.#requests.giveBack(1);
      throw tooMany(options, recordWaitMs);
    }
    if (hits(options.throttle, random)) throw tooMany(options, 0);
  }
}

function tooMany(options: LiveOptions, waitMs: number): VaultRefusal {
  return new VaultRefusal(429, 'Too many requests', retryAfter(options, waitMs));
}

function retryAfter(
  { retryAfter: form, retryAfterSeconds }: LiveOptions,
  waitMs: number,
): Readonly<Record<string, string>> {
  const seconds = retryAfterSeconds > 0 ? retryAfterSeconds : Math.max(1, Math.ceil(waitMs / 1000));
  switch (form) {
    case 'none':
      return {};
    case 'seconds':
      return { 'retry-after': String(seconds) };
    case 'date':
      // Dates have whole seconds: rounded up, so that it is never too early.
      return { 'retry-after': new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000).toUTCString() };
    default:
      return form satisfies never;
  }
}

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
