import { createHash } from 'node:crypto';
import type { PositionSet } from '../record/range-set.js';

/** Positions drawn at random from a set, each with its turn: the first one drawn has turn 0. */
export type DrawnPositions = ReadonlyMap<number, number>;

/**
 * Draws `size` positions of a set without putting any back, all alike, in the memory of the sample; all of them when
 * the set has no more. The same seed draws the same ones again.
 */
export function drawSample(from: PositionSet, size: number, seed: string): DrawnPositions {
  const random = seededRandom(seed);
  const total = from.size;
  const drawn = Math.min(size, total);
  const taken = new Map<number, number>();
  // Floyd: each round takes one of the first `round + 1`, or the last of them when that is taken already.
  for (let round = total - drawn; round < total; round += 1) {
    const pick = Math.floor(random() * (round + 1));
    taken.set(taken.has(pick) ? round : pick, taken.size);
  }
  return toPositions(from, shuffledTurns(taken, random));
}

/** Floyd draws sets that are all alike, but not orders: the turns are shuffled. */
function shuffledTurns(taken: Map<number, number>, random: () => number): Map<number, number> {
  const turns = [...taken.values()];
  for (let last = turns.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [turns[last], turns[other]] = [turns[other] ?? 0, turns[last] ?? 0];
  }
  let at = 0;
  for (const pick of taken.keys()) taken.set(pick, turns[at++] ?? 0);
  return taken;
}

/** From numbers within the set to positions, ascending. */
function toPositions(from: PositionSet, taken: ReadonlyMap<number, number>): Map<number, number> {
  const ordered = [...taken].sort(([one], [other]) => one - other);
  const found = new Map<number, number>();
  let passed = 0;
  let at = 0;
  for (const { start, end } of from) {
    for (let next = ordered[at]; next !== undefined; next = ordered[at]) {
      const position = start + next[0] - passed;
      if (position >= end) break;
      found.set(position, next[1]);
      at += 1;
    }
    passed += end - start;
  }
  return found;
}

/** Numbers from 0 up to 1 with 53 bits (sfc32, twice a number), the same for the same seed. */
function seededRandom(seed: string): () => number {
  const digest = createHash('sha256').update(seed).digest();
  let [a = 0, b = 0, c = 0, counter = 0] = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset));
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** How sure a bound is. */
export const CONFIDENCE = 0.95;

const halvings = 60;

/**
 * What share of all records is wrong at most, with 95 % confidence, when `wrong` of `checked` drawn at random are:
 * the exact (Clopper-Pearson) one-sided bound. Without a wrong one it is about 3 / `checked`. Nothing checked proves
 * nothing: 1.
 */
export function provenBound(wrong: number, checked: number): number {
  if (checked === 0 || wrong >= checked) return 1;
  if (wrong === 0) return 1 - (1 - CONFIDENCE) ** (1 / checked);
  let low = wrong / checked;
  let high = 1;
  for (let halving = 0; halving < halvings; halving += 1) {
    const middle = (low + high) / 2;
    if (chanceOfAtMost(wrong, checked, middle) > 1 - CONFIDENCE) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance that at most `wrong` of `drawn` are wrong when the share `share` of all is. */
function chanceOfAtMost(wrong: number, drawn: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  let logTerm = drawn * Math.log1p(-share);
  let logSum = logTerm;
  for (let at = 1; at <= wrong; at += 1) {
    logTerm += Math.log(drawn - at + 1) - Math.log(at) + odds;
    const larger = Math.max(logSum, logTerm);
    logSum = larger + Math.log(Math.exp(logSum - larger) + Math.exp(logTerm - larger));
  }
  return Math.exp(logSum);
}
