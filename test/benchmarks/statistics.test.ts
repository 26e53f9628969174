import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSides, renderComparison } from '../../benchmarks/compare/compare-commits.js';
import { planGrid, theoreticalRate } from '../../benchmarks/latency/measure-grid.js';
import { targetSeconds, theoreticalSeconds } from '../../benchmarks/headline/measure-headline.js';
import { parseStat } from '../../src/system/proc.js';
import { median, ratioInterval, spreadOf, noiseVerdict } from '../../benchmarks/measure/statistics.js';
import {
  latencyProfiles,
  meanLatencyMs,
  readLatencyProfile,
} from '../../benchmarks/target/latency-profile.js';

const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} ± ${tolerance}`);

test('a median is the middle value, or the mean of the two in the middle, in whatever order they come', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(spreadOf([5, 9, 7]), { count: 3, median: 7, min: 5, max: 9 });
  assert.throws(() => median([]), RangeError);
});

test('the interval of a ratio is that of Student’s distribution on the logarithms of the pairs’ ratios', () => {
  // Ratios 1, 2, 4: logarithms 0, ln 2, 2 ln 2, so mean ln 2, deviation ln 2, and 4.303 / sqrt 3 of it on each side.
  const { ratio, low, high, pairs } = ratioInterval([1, 1, 1], [1, 2, 4]);
  assert.equal(pairs, 3);
  close(ratio, 2, 1e-9);
  close(low, 2 * 2 ** (-4.303 / Math.sqrt(3)), 1e-9);
  close(high, 2 * 2 ** (4.303 / Math.sqrt(3)), 1e-9);
  assert.throws(() => ratioInterval([1], [1]), RangeError);
  assert.throws(() => ratioInterval([1, 0], [1, 1]), RangeError);
});

test('what disturbs both sides of a pair alike cancels out of their ratio', () => {
  const { ratio, low, high } = ratioInterval([10, 20, 40, 15], [9, 18, 36, 13.5]);
  close(ratio, 0.9, 1e-9);
  close(high - low, 0, 1e-9);
});

test('a difference is claimed only when the interval leaves out 1', () => {
  assert.equal(noiseVerdict({ ratio: 0.9, low: 0.8, high: 0.99, pairs: 9 }), 'less');
  assert.equal(noiseVerdict({ ratio: 1.1, low: 1.01, high: 1.2, pairs: 9 }), 'more');
  assert.equal(noiseVerdict({ ratio: 1.1, low: 0.9, high: 1.3, pairs: 9 }), 'no difference resolved');
});

test('a comparison has CPU per record and wall time, and leaves out CPU time that is not known', () => {
  const loads = (cpuMs: readonly (number | undefined)[]) =>
    cpuMs.map((each) => ({ cpuMs: each, wallMs: 2000 }));
  const sides = { base: loads([400, 410, 400]), test: loads([200, 205, 200]) };
  const figures = compareSides(sides, 100_000);
  assert.deepEqual(
    figures.map(({ figure, base, test: now, verdict }) => [figure, base, now, verdict]),
    [
      ['CPU us/record', 4, 2, 'less'],
      ['wall s', 2, 2, 'no difference resolved'],
    ],
  );
  assert.match(renderComparison(figures, 'text'), /CPU us\/record +4\.00 +2\.00 +0\.500 .* less\n/);
  const blind = compareSides({ base: loads([undefined, 1]), test: loads([1, 1]) }, 100);
  assert.deepEqual(
    blind.map(({ figure }) => figure),
    ['wall s'],
  );
});

test('the CPU time of finished children is read whatever the program is called', () => {
  const rest = 'S 1 2 3 0 -1 4194304 100 200 0 0 11 12 130 7 20 0 11 0 1 2 3';
  assert.equal(parseStat(`42 (node) ${rest}`)?.reapedCpuMs, 1370);
  assert.equal(parseStat(`42 (a) b (c) ${rest}`)?.reapedCpuMs, 1370);
  assert.equal(parseStat('nothing'), undefined);
});

test('the profiles of latency have the averages that the docs name', () => {
  const means = Object.fromEntries(latencyProfiles.map((each) => [each.name, meanLatencyMs(each)]));
  for (const [name, mean] of Object.entries({ realistic: 592, breakdown: 212, implied: 980, live: 1280 })) {
    close(means[name] ?? 0, mean, mean / 200);
  }
  assert.equal(meanLatencyMs(readLatencyProfile('250')), 250);
  assert.deepEqual(readLatencyProfile(readLatencyProfile('250').name), readLatencyProfile('250'));
  assert.throws(() => readLatencyProfile('fast'), /allowed: realistic, breakdown, implied, live, or milli/);
});

test('the cells of a grid are about equally long, and none is larger than what is allowed', () => {
  const limits = { batchSize: 100, secondsPerCell: 5, maxRecords: 100_000 };
  assert.deepEqual(planGrid([8, 256], [20, 500], limits), [
    { concurrency: 8, latencyMs: 20, records: 100_000 },
    { concurrency: 256, latencyMs: 20, records: 76_800 },
    { concurrency: 8, latencyMs: 500, records: 8_000 },
    { concurrency: 256, latencyMs: 500, records: 76_800 },
  ]);
  assert.equal(theoreticalRate(32, 300, 200), 48_000);
});

test('the headline is 12 s for each 100,000 records, and 980 ms leave it just possible', () => {
  assert.equal(targetSeconds(100_000), 12);
  assert.equal(targetSeconds(1_000_000), 120);
  const pace = { concurrency: 32, batchSize: 300 };
  close(theoreticalSeconds(100_000, { ...pace, meanLatencyMs: 980 }), 10.2, 0.05);
  close(theoreticalSeconds(100_000, { ...pace, meanLatencyMs: 1280 }), 13.4, 0.05);
});
