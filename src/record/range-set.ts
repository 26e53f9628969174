import type { PositionRange } from './batch.js';

/** A set of positions that can be asked but not changed. */
export interface PositionSet extends Iterable<PositionRange> {
  /** How many positions are in it. */
  readonly size: number;
  /** How many ranges it takes to write it down. */
  readonly rangeCount: number;
  has(position: number): boolean;
  /** Whether every position of `range` is in the set; true for an empty range. */
  containsRange(range: PositionRange): boolean;
  /** Whether any position of `range` is in the set. */
  overlaps(range: PositionRange): boolean;
  /** The parts of `within` that are not in the set, ascending. */
  gaps(within: PositionRange): PositionRange[];
  intersect(other: PositionSet): RangeSet;
  subtract(other: PositionSet): RangeSet;
}

/**
 * A set of positions as sorted, disjoint, non-touching half-open ranges.
 *
 * Positions settle nearly in order, so that the set is a handful of ranges however many positions it holds.
 * Finding a place is a binary search; adding at or behind the last range touches nothing else.
 */
export class RangeSet implements PositionSet {
  /** Never changed in place: a range handed out stays what it was. */
  readonly #ranges: PositionRange[] = [];
  #size = 0;

  constructor(ranges: Iterable<PositionRange> = []) {
    for (const range of ranges) this.add(range);
  }

  get size(): number {
    return this.#size;
  }

  get rangeCount(): number {
    return this.#ranges.length;
  }

  [Symbol.iterator](): Iterator<PositionRange> {
    return this.#ranges.values();
  }

  /** Adds every position of `range`. */
  add(range: PositionRange): void {
    const { start, end } = checked(range);
    if (start === end) return;
    const last = this.#ranges.at(-1);
    if (last === undefined || start > last.end) {
      this.#ranges.push({ start, end });
      this.#size += end - start;
      return;
    }
    // Ranges that overlap or touch become one.
    const from =
      start >= last.start ? this.#ranges.length - 1 : this.#firstIndex((each) => each.end >= start);
    const to = end >= last.start ? this.#ranges.length : this.#firstIndex((each) => each.start > end);
    this.#replace(from, to, [
      {
        start: Math.min(start, this.#ranges[from]?.start ?? start),
        end: Math.max(end, this.#ranges[to - 1]?.end ?? end),
      },
    ]);
  }

  /** Takes every position of `range` out. */
  remove(range: PositionRange): void {
    const { start, end } = checked(range);
    const from = this.#firstIndex((each) => each.end > start);
    const to = this.#firstIndex((each) => each.start >= end);
    const first = this.#ranges[from];
    const last = this.#ranges[to - 1];
    if (start === end || from >= to || first === undefined || last === undefined) return;
    const kept: PositionRange[] = [];
    if (first.start < start) kept.push({ start: first.start, end: start });
    if (last.end > end) kept.push({ start: end, end: last.end });
    this.#replace(from, to, kept);
  }

  has(position: number): boolean {
    const found = this.#ranges[this.#firstIndex((each) => each.end > position)];
    return found !== undefined && found.start <= position;
  }

  containsRange(range: PositionRange): boolean {
    const { start, end } = checked(range);
    const found = this.#ranges[this.#firstIndex((each) => each.end > start)];
    return start === end || (found !== undefined && found.start <= start && found.end >= end);
  }

  overlaps(range: PositionRange): boolean {
    const { start, end } = checked(range);
    const found = this.#ranges[this.#firstIndex((each) => each.end > start)];
    return start < end && found !== undefined && found.start < end;
  }

  gaps(within: PositionRange): PositionRange[] {
    const { start, end } = checked(within);
    const gaps: PositionRange[] = [];
    let at = start;
    for (let index = this.#firstIndex((each) => each.end > start); at < end; index += 1) {
      const next = this.#ranges[index];
      const gapEnd = Math.min(next?.start ?? end, end);
      if (gapEnd > at) gaps.push({ start: at, end: gapEnd });
      at = next?.end ?? end;
    }
    return gaps;
  }

  intersect(other: PositionSet): RangeSet {
    return this.subtract(this.subtract(other));
  }

  subtract(other: PositionSet): RangeSet {
    const result = new RangeSet();
    const removed = other[Symbol.iterator]();
    let hole = removed.next();
    for (const { start, end } of this.#ranges) {
      let at = start;
      while (hole.done !== true && hole.value.start < end) {
        if (hole.value.start > at) result.add({ start: at, end: hole.value.start });
        at = Math.max(at, Math.min(hole.value.end, end));
        if (hole.value.end > end) break;
        hole = removed.next();
      }
      if (at < end) result.add({ start: at, end });
    }
    return result;
  }

  /** The index of the first range for which `test` holds; it must hold for all ranges after it too. */
  #firstIndex(test: (range: PositionRange) => boolean): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = this.#ranges[middle];
      if (range === undefined || test(range)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #replace(from: number, to: number, by: readonly PositionRange[]): void {
    const [only] = by;
    if (to - from === 1 && by.length === 1 && only !== undefined) {
      const old = this.#ranges[from];
      if (old !== undefined) this.#size -= old.end - old.start;
      this.#ranges[from] = only;
    } else {
      for (const { start, end } of this.#ranges.splice(from, to - from, ...by)) this.#size -= end - start;
    }
    for (const { start, end } of by) this.#size += end - start;
  }
}

function checked(range: PositionRange): PositionRange {
  if (
    !Number.isSafeInteger(range.start) ||
    !Number.isSafeInteger(range.end) ||
    range.start < 0 ||
    range.end < range.start
  ) {
    throw new RangeError(`not a range of positions: ${range.start}-${range.end}`);
  }
  return range;
}
