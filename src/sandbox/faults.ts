import type { LiveOptions } from './options.js';
import { drawInteger, drawLogNormal, type Random } from './seeded-random.js';

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

/**
 * Spoils the entries of an insert's answer as the faults say; what was stored stays stored. Entries are JSON texts
 * in request order.
 */
export function spoilEntries(
  entries: readonly string[],
  options: LiveOptions,
  random: Random,
): readonly string[] {
  if (entries.length === 0) return entries;
  let spoilt = entries;
  if (hits(options.missingId, random)) {
    const at = drawInteger(random, 0, spoilt.length);
    spoilt = spoilt.with(at, withoutId(spoilt[at] ?? ''));
  }
  if (hits(options.nullEntry, random)) {
    spoilt = spoilt.with(drawInteger(random, 0, spoilt.length), 'null');
  }
  if (hits(options.shuffled, random)) spoilt = spoilt.toReversed();
  if (hits(options.shortAnswer, random)) spoilt = spoilt.slice(0, drawInteger(random, 0, spoilt.length));
  return spoilt;
}

function withoutId(entry: string): string {
  return entry.replace(/"skyflow(?:_id|ID)":"[^"]*",?/u, '');
}
