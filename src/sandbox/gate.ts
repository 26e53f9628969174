import { hits } from './faults.js';
import type { LiveOptions } from './options.js';
import { TokenBucket } from './rate-limit.js';
import type { Random } from './seeded-random.js';
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
