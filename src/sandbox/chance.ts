import type { LiveOptions } from './options.js';
import { drawLogNormal, type Random } from './seeded-random.js';

/** A fault's chance; `next` counts down as requests are hit. */
export interface Chance {
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
