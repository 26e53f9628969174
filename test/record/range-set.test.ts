import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';

const LIMIT = 40;
const range = fc
  .tuple(fc.nat(LIMIT), fc.nat(LIMIT))
  .map(([a, b]): PositionRange => ({ start: Math.min(a, b), end: Math.max(a, b) }));
const change = fc.record({ range, adds: fc.boolean() });

function positionsOf({ start, end }: PositionRange): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function build(changes: readonly { range: PositionRange; adds: boolean }[]): {
  ranges: RangeSet;
  model: Set<number>;
} {
  const ranges = new RangeSet();
  const model = new Set<number>();
  for (const each of changes) {
    if (each.adds) ranges.add(each.range);
    else ranges.remove(each.range);
    for (const position of positionsOf(each.range)) {
      if (each.adds) model.add(position);
      else model.delete(position);
    }
  }
  return { ranges, model };
}

function assertSame(ranges: RangeSet, model: ReadonlySet<number>): void {
  const listed = [...ranges];
  assert.deepEqual(
    listed.flatMap(positionsOf),
    [...model].sort((a, b) => a - b),
  );
  assert.equal(ranges.size, model.size);
  assert.equal(ranges.rangeCount, listed.length);
  // Ascending, never empty, never touching.
  listed.forEach(({ start, end }, index) => {
    assert.ok(start < end);
    assert.ok(index === 0 || (listed[index - 1]?.end ?? Infinity) < start);
  });
}

test('any sequence of adding and removing leaves the same positions as in a plain set', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const { ranges, model } = build(changes);
      assertSame(ranges, model);
    }),
    { numRuns: 2_000 },
  );
});

test('questions are answered as a plain set would answer them', () => {
  fc.assert(
    fc.property(fc.array(change), range, (changes, asked) => {
      const { ranges, model } = build(changes);
      const inside = positionsOf(asked);
      for (let position = 0; position <= LIMIT; position += 1) {
        assert.equal(ranges.has(position), model.has(position));
      }
      assert.equal(
        ranges.containsRange(asked),
        inside.every((position) => model.has(position)),
      );
      assert.equal(
        ranges.overlaps(asked),
        inside.some((position) => model.has(position)),
      );
      assertSame(
        new RangeSet(ranges.gaps(asked)),
        new Set(inside.filter((position) => !model.has(position))),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('gaps come in ascending order and never touch', () => {
  fc.assert(
    fc.property(fc.array(change), range, (changes, asked) => {
      const gaps = build(changes).ranges.gaps(asked);
      assert.deepEqual(gaps, [...new RangeSet(gaps)]);
    }),
  );
});

test('intersection and difference are those of plain sets and leave both operands alone', () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (first, second) => {
      const a = build(first);
      const b = build(second);
      const both = [...a.model].filter((position) => b.model.has(position));
      const onlyFirst = [...a.model].filter((position) => !b.model.has(position));
      assertSame(a.ranges.intersect(b.ranges), new Set(both));
      assertSame(a.ranges.subtract(b.ranges), new Set(onlyFirst));
      assertSame(a.ranges, a.model);
      assertSame(b.ranges, b.model);
    }),
    { numRuns: 2_000 },
  );
});

test('positions up to 2^53 - 1 are exact', () => {
  const last = Number.MAX_SAFE_INTEGER;
  const ranges = new RangeSet([{ start: 0, end: last }]);
  assert.equal(ranges.size, last);
  ranges.remove({ start: last - 2, end: last - 1 });
  assert.equal(ranges.size, last - 1);
  assert.deepEqual(
    [...ranges],
    [
      { start: 0, end: last - 2 },
      { start: last - 1, end: last },
    ],
  );
  assert.equal(ranges.has(last), false);
});

test('what is not a range of positions is refused', () => {
  const ranges = new RangeSet();
  for (const [start, end] of [
    [-1, 3],
    [4, 3],
    [0.5, 2],
    [0, Number.NaN],
    [0, 2 ** 53],
  ] as const) {
    assert.throws(() => ranges.add({ start, end }), RangeError);
    assert.throws(() => ranges.gaps({ start, end }), RangeError);
  }
});

test('a range handed out does not change when the set does', () => {
  const ranges = new RangeSet([{ start: 0, end: 5 }]);
  const [before] = ranges;
  ranges.add({ start: 5, end: 9 });
  assert.deepEqual(before, { start: 0, end: 5 });
});

test('a million nearly ordered additions stay a handful of ranges', () => {
  const ranges = new RangeSet();
  const width = 64;
  for (let block = 0; block < 1_000_000; block += width) {
    // Within a window, last first: the worst order that a bounded number of workers produces.
    for (let index = width - 1; index >= 0; index -= 1) {
      ranges.add({ start: (block + index) * 300, end: (block + index + 1) * 300 });
      assert.ok(ranges.rangeCount <= 2);
    }
  }
  assert.deepEqual([...ranges], [{ start: 0, end: 300_000_000 }]);
});
