import type { LiveOptions } from './options.js';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** A log-normal draw with the given median and 99th percentile (Box-Muller). */
function drawLogNormal(random: Random, p50: number, p99: number): number {
  if (p50 <= 0) return 0;
  const sigma = p99 > p50 ? Math.log(p99 / p50) / NORMAL_P99 : 0;
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return p50 * Math.exp(sigma * normal);
}

/** A whole number in [from, to). */
export function drawInteger(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from));
}

/** A fault's chance; `next` counts down as requests are hit. */
interface Chance {
  readonly rate: number;
  next: number;
}

/** Whether a fault hits this request. */
export function hits(chance: Chance, random: Random): boolean {
  if (chance.next > 0) {
    chance.next -= 1;
    return true;
  }
  return chance.rate > 0 && random() < chance.rate;
}

/** The latency of one request in milliseconds, before and after its effect. */
export function drawLatency(
  { fixedMs, jitterMs, p50Ms, p99Ms, effectAt }: LiveOptions['latency'],
  random: Random,
): { readonly beforeMs: number; readonly afterMs: number } {
  const jitter = jitterMs === 0 ? 0 : random() * jitterMs;
  const total = fixedMs + jitter + drawLogNormal(random, p50Ms, p99Ms);
  return { beforeMs: total * effectAt, afterMs: total * (1 - effectAt) };
}
