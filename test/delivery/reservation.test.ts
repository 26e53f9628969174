import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BatchReader } from '../../child/load/batch-reader.js';
import { divideRanges, unreservedRanges } from '../../child/load/plan-ranges.js';
import { Reservation } from '../../child/load/reservation.js';
import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';
import type { RecordCursor } from '../../src/source/record-source.js';

/** A source of `rows` rows without skipped ones. */
function cursorOver(rows: number): RecordCursor {
  return {
    read: (within, maxRecords) => {
      const end = Math.min(within.end, rows, within.start + maxRecords);
      if (within.start >= end) return Promise.resolve(undefined);
      const values = Array.from({ length: end - within.start }, (_, at) => `v${within.start + at}`);
      return Promise.resolve({ start: within.start, end, values, tokens: values, skipped: [] });
    },
    close: () => Promise.resolve(),
  };
}

const rangeSets = fc
  .array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 40 })), { maxLength: 6 })
  .map((ranges) => new RangeSet(ranges.map(([start, length]) => ({ start, end: start + length }))));

test('every row outside the known ranges is handed out once, reserved and noted before, and what was not handed out is given back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        settled: rangeSets,
        inDoubt: rangeSets,
        rows: fc.integer({ min: 1, max: 400 }),
        batchSize: fc.integer({ min: 1, max: 30 }),
        blockRows: fc.integer({ min: 1, max: 100 }),
        isBounded: fc.boolean(),
        aheadRows: fc.nat(40),
        stopAfter: fc.nat(80),
      }),
      async ({ settled, inDoubt, rows, batchSize, blockRows, aheadRows, isBounded, stopAfter }) => {
        const reserved = new RangeSet();
        const released = new RangeSet();
        const sendable = new RangeSet();
        const reservation = new Reservation(
          {
            reserve: (range) => Promise.resolve().then(() => reserved.add(range)),
            handOut: (range) => {
              assert.ok(reserved.containsRange(range), 'what is handed out is reserved');
              sendable.add(range);
            },
            release: (range) => {
              reserved.remove(range);
              released.add(range);
            },
          },
          { blockRows, aheadRows: () => aheadRows },
        );
        const reader = new BatchReader({
          cursor: cursorOver(rows),
          ranges: unreservedRanges([settled, inDoubt], { start: 0, end: isBounded ? rows : Infinity }),
          batchSize: () => batchSize,
          reserve: (range, within) => reservation.ensure(range, within),
        });
        const handedOut = new RangeSet();
        let isAtEnd = false;
        for (let batches = 0; batches < stopAfter; batches += 1) {
          const batch = await reader.next();
          if (batch === undefined) {
            isAtEnd = true;
            break;
          }
          assert.ok(reserved.containsRange(batch), 'a batch is reserved before it is handed out');
          assert.ok(
            ![settled, inDoubt, handedOut].some((known) => known.overlaps(batch)),
            'no row is handed out twice',
          );
          handedOut.add(batch);
          assert.ok(sendable.containsRange(batch), 'a batch is noted before it is sent');
          assert.ok(
            sendable.size <= handedOut.size + aheadRows,
            'and no more rows ahead of it than were asked for',
          );
        }
        await reservation.close(reader.dispatchedTo);
        assert.ok(
          ![settled, inDoubt, handedOut].some((known) =>
            [...known].some((range) => released.overlaps(range)),
          ),
          'only rows that nobody sent are given back',
        );
        assert.deepEqual([...reserved], [...handedOut], 'what stays reserved is what was handed out');
        if (!isAtEnd) return;
        const expected = new RangeSet([{ start: 0, end: rows }]).subtract(settled).subtract(inDoubt);
        assert.deepEqual([...handedOut], [...expected]);
      },
    ),
  );
});

test('ranges divided into groups are the same rows, no group larger than allowed', () => {
  fc.assert(
    fc.property(rangeSets, fc.integer({ min: 1, max: 50 }), (set, maxRows) => {
      const groups = [...divideRanges([...set], maxRows)];
      const size = (ranges: readonly PositionRange[]): number =>
        ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      assert.ok(groups.every((group) => size(group) <= maxRows));
      assert.equal(size(groups.flat()), set.size);
      assert.deepEqual([...new RangeSet(groups.flat())], [...set]);
    }),
  );
});
