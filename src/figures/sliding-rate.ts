const BUCKET_MS = 250;
const BUCKETS = 20;
/** Below this span a rate would be noise. */
const MIN_SPAN_MS = 500;

/**
 * Events per second over the last five seconds, in constant memory: a ring of quarter-second buckets, each
 * stamped with the quarter it counts, so that a bucket left over from an earlier turn of the ring is not read.
 */
export class SlidingRate {
  readonly #counts = new Float64Array(BUCKETS);
  readonly #quarters = new Float64Array(BUCKETS).fill(-1);
  readonly #startedMs: number;

  /** `startedMs` and every `nowMs` are readings of one monotonic clock, not negative. */
  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  add(count: number, nowMs: number): void {
    const quarter = Math.floor(nowMs / BUCKET_MS);
    const slot = quarter % BUCKETS;
    if (this.#quarters[slot] === quarter) {
      this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
    } else {
      this.#quarters[slot] = quarter;
      this.#counts[slot] = count;
    }
  }

  perSecond(nowMs: number): number {
    const oldest = Math.floor(nowMs / BUCKET_MS) - BUCKETS + 1;
    let sum = 0;
    for (let slot = 0; slot < BUCKETS; slot += 1) {
      if ((this.#quarters[slot] ?? -1) >= oldest) sum += this.#counts[slot] ?? 0;
    }
    const spanMs = nowMs - Math.max(this.#startedMs, oldest * BUCKET_MS);
    return (sum * 1000) / Math.max(MIN_SPAN_MS, spanMs);
  }
}
