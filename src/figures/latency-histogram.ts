import * as z from 'zod';

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();

/** Latencies of answered requests as they leave a process: they can be added up, and asked for any percentile. */
export const latencySchema = z.strictObject({
  count,
  sum_ms: milliseconds,
  min_ms: milliseconds,
  max_ms: milliseconds,
  /** Of each bucket that is not empty: its number, and how many latencies are in it; by number. */
  buckets: z.array(z.tuple([count, count])),
});
export type Latency = z.infer<typeof latencySchema>;

/** Of no request at all. */
export const NO_LATENCY: Latency = { count: 0, sum_ms: 0, min_ms: 0, max_ms: 0, buckets: [] };

/** Bits of a latency that are kept: below 256 ms a bucket is a millisecond, above it is at most 1/128 of what is in it. */
const keptBits = 8;
const perOctave = 1 << (keptBits - 1);
/** An hour and more: longer than any request may take. */
const highestMs = 2 ** 22 - 1;
const buckets = bucketOf(highestMs) + 1;

/** Counts latencies in constant memory; nothing is allocated for one. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(buckets);
  #count = 0;
  #sumMs = 0;
  #minMs = Infinity;
  #maxMs = 0;

  record(latencyMs: number): void {
    const bucket = bucketOf(Math.min(highestMs, Math.round(latencyMs)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += latencyMs;
    if (latencyMs < this.#minMs) this.#minMs = latencyMs;
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs;
  }

  read(): Latency {
    if (this.#count === 0) return NO_LATENCY;
    const filled: [number, number][] = [];
    for (const [bucket, inIt] of this.#counts.entries()) if (inIt > 0) filled.push([bucket, inIt]);
    return {
      count: this.#count,
      sum_ms: this.#sumMs,
      min_ms: this.#minMs,
      max_ms: this.#maxMs,
      buckets: filled,
    };
  }
}

/** The latencies of both. */
export function addLatencies(one: Latency, other: Latency): Latency {
  if (one.count === 0) return other;
  if (other.count === 0) return one;
  const counts = new Map(one.buckets);
  for (const [bucket, inIt] of other.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + inIt);
  return {
    count: one.count + other.count,
    sum_ms: one.sum_ms + other.sum_ms,
    min_ms: Math.min(one.min_ms, other.min_ms),
    max_ms: Math.max(one.max_ms, other.max_ms),
    buckets: [...counts].sort(([a], [b]) => a - b),
  };
}

/** What has come to `before`, where that is an earlier reading of the same requests; all of `now` where it is none. */
export function latenciesSince(before: Latency, now: Latency): Latency {
  if (before.count === 0 || now.count < before.count) return now;
  const counts = new Map(before.buckets);
  const buckets = now.buckets.flatMap(([bucket, inIt]): [number, number][] => {
    const more = inIt - (counts.get(bucket) ?? 0);
    return more > 0 ? [[bucket, more]] : [];
  });
  return {
    count: now.count - before.count,
    sum_ms: Math.max(0, now.sum_ms - before.sum_ms),
    min_ms: 0,
    max_ms: now.max_ms,
    buckets,
  };
}

export function averageMs({ count: all, sum_ms: sumMs }: Latency): number {
  return all === 0 ? 0 : sumMs / all;
}

/** The latency that so many percent do not exceed, at most 1/128 too high; 0 where there is none. */
export function percentileMs(latency: Latency, percentile: number): number {
  const rank = Math.ceil((latency.count * percentile) / 100);
  let upToHere = 0;
  for (const [bucket, inIt] of latency.buckets) {
    upToHere += inIt;
    if (upToHere >= rank) return Math.min(Math.max(highestOf(bucket), latency.min_ms), latency.max_ms);
  }
  return latency.max_ms;
}

/** Of whole milliseconds: themselves below 256, then 128 buckets for each doubling. */
function bucketOf(ms: number): number {
  const octave = Math.max(0, 32 - keptBits - Math.clz32(ms));
  return octave * perOctave + (ms >>> octave);
}

/** The longest latency of a bucket. */
function highestOf(bucket: number): number {
  const octave = Math.max(0, Math.floor(bucket / perOctave) - 1);
  return (bucket - octave * perOctave + 1) * 2 ** octave - 1;
}
