import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RangeSet } from '../../src/record/range-set.js';
import { drawSample, provenBound } from '../../src/verification/draw-sample.js';
import { formatBound } from '../../supervisor/commands/verify/render-verification.js';

test('a sample has as many different positions as asked for, all of the set, and its turns are an order', () => {
  const ranges = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 400 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(ranges, fc.nat(900), fc.string(), (drawnRanges, size, seed) => {
      const from = new RangeSet(drawnRanges.map(([start, length]) => ({ start, end: start + length })));
      const sample = drawSample(from, size, seed);
      assert.equal(sample.size, Math.min(size, from.size));
      assert.ok([...sample.keys()].every((position) => from.has(position)));
      assert.deepEqual(
        [...sample.values()].sort((one, other) => one - other),
        Array.from({ length: sample.size }, (_, turn) => turn),
      );
      assert.deepEqual(drawSample(from, size, seed), sample);
    }),
  );
});

test('every position is drawn about equally often, and so is every turn', () => {
  const from = new RangeSet([
    { start: 100, end: 110 },
    { start: 500, end: 510 },
  ]);
  const draws = 4_000;
  const drawn = new Map<number, number>();
  const first = new Map<number, number>();
  for (let seed = 0; seed < draws; seed += 1) {
    for (const [position, turn] of drawSample(from, 5, String(seed))) {
      drawn.set(position, (drawn.get(position) ?? 0) + 1);
      if (turn === 0) first.set(position, (first.get(position) ?? 0) + 1);
    }
  }
  // A quarter of 4,000 with a standard deviation of 27, and a twentieth of them with one of 14: seven are allowed.
  for (const times of drawn.values()) assert.ok(Math.abs(times - draws / 4) < 190, `${times} draws`);
  for (const times of first.values()) assert.ok(Math.abs(times - draws / 20) < 97, `${times} first draws`);
  assert.deepEqual([drawn.size, first.size], [20, 20]);
});

test('the bound is the exact one: of known tables, of its definition, and three in n without a wrong one', () => {
  assert.ok(Math.abs(provenBound(0, 1_000) - 0.002991) < 1e-6);
  assert.ok(Math.abs(provenBound(1, 10) - 0.3942) < 1e-4);
  assert.ok(Math.abs(provenBound(5, 100) - 0.1023) < 1e-4);
  assert.ok(Math.abs(provenBound(50_000, 1_000_000) - 0.05036) < 1e-5);
  assert.deepEqual([provenBound(0, 0), provenBound(7, 7)], [1, 1]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (checked, some) => {
      const wrong = some % checked;
      const share = provenBound(wrong, checked);
      let chance = 0;
      let choose = 1;
      for (let at = 0; at <= wrong; at += 1) {
        chance += choose * share ** at * (1 - share) ** (checked - at);
        choose = (choose * (checked - at)) / (at + 1);
      }
      assert.ok(Math.abs(chance - 0.05) < 1e-6, `${chance} at ${share}`);
    }),
  );
});

test('a bound is shown with two digits, and never as less than it is', () => {
  assert.deepEqual([0, 0.0029912, 0.003, 0.1023, 1, 0.00000299].map(formatBound), [
    '0%',
    '0.30%',
    '0.30%',
    '11%',
    '100%',
    '0.00030%',
  ]);
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), (share) => {
      const shown = Number(formatBound(share).replace('%', '')) / 100;
      assert.ok(shown >= share * (1 - 1e-8) && shown <= share * 1.1 + 1e-15, `${shown} for ${share}`);
    }),
  );
});
