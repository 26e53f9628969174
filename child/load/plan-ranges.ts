import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet, type PositionSet } from '../../src/record/range-set.js';

/** What of `extent` lies in none of the sets, ascending; its end may be Infinity, and then the last range's is. */
export function unreservedRanges(sets: readonly PositionSet[], extent: PositionRange): PositionRange[] {
  const known = new RangeSet();
  let knownTo = extent.start;
  for (const set of sets) {
    for (const range of set) {
      known.add(range);
      knownTo = Math.max(knownTo, range.end);
    }
  }
  const ranges = known.gaps({ start: extent.start, end: Math.min(knownTo, extent.end) });
  if (extent.end > knownTo) ranges.push({ start: knownTo, end: extent.end });
  return ranges;
}

/** The same rows in groups of at most `maxRows`. */
export function* divideRanges(ranges: readonly PositionRange[], maxRows: number): Generator<PositionRange[]> {
  let group: PositionRange[] = [];
  let room = maxRows;
  for (const range of ranges) {
    for (let start = range.start; start < range.end;) {
      const end = Math.min(range.end, start + room);
      group.push({ start, end });
      room -= end - start;
      start = end;
      if (room > 0) continue;
      yield group;
      group = [];
      room = maxRows;
    }
  }
  if (group.length > 0) yield group;
}
