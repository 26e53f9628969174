import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet, type PositionSet } from '../../src/record/range-set.js';
import type { FailureFacts } from '../deliver/part.js';
import type { Doubt } from './doubt.js';

/** Words of refusals that are kept for single records: the rest of them get the latest. */
const mostRefusals = 10_000;

/** Rows that are alike in why they are in doubt. */
export interface DoubtGroup {
  readonly kind: Doubt['kind'];
  readonly ranges: readonly PositionRange[];
  readonly doubtAt: (position: number) => Doubt;
  /** Records that may go into one request. */
  readonly recordCount: number;
}

/**
 * Rows in doubt by kind, each row in one of them. Memory is that of the ranges, and of a bounded number of failures:
 * refused rows are all taken for as many in a request as the largest of them, so that each round halves it.
 */
export class DoubtfulRows {
  #lost: RangeSet;
  #mismatched = new RangeSet();
  #refused = new RangeSet();
  #refusedCount = 1;
  #refusals = new Map<number, FailureFacts>();
  #latestRefusal: FailureFacts | undefined;
  #givenUp = new RangeSet();
  #latestFailure: FailureFacts | undefined;

  constructor(lost: PositionSet) {
    this.#lost = new RangeSet(lost);
  }

  get all(): RangeSet {
    const all = new RangeSet();
    for (const set of this.#sets()) for (const range of set) all.add(range);
    return all;
  }

  get size(): number {
    return this.#sets().reduce((sum, { size }) => sum + size, 0);
  }

  get hasLost(): boolean {
    return this.#lost.size > 0;
  }

  add(range: PositionRange, doubt: Doubt): void {
    for (const set of this.#sets()) set.remove(range);
    switch (doubt.kind) {
      case 'lost':
        this.#lost.add(range);
        return;
      case 'mismatched':
        this.#mismatched.add(range);
        return;
      case 'refused':
        this.#refused.add(range);
        this.#refusedCount = Math.max(this.#refusedCount, doubt.recordCount);
        this.#latestRefusal = doubt.facts;
        if (doubt.recordCount === 1 && this.#refusals.size < mostRefusals)
          this.#refusals.set(range.end - 1, doubt.facts);
        return;
      case 'given_up':
        this.#givenUp.add(range);
        this.#latestFailure = doubt.facts;
        return;
      default:
        doubt satisfies never;
    }
  }

  /** All of them, which are none any more. */
  take(): DoubtGroup[] {
    const groups: DoubtGroup[] = [];
    const whole = (set: RangeSet, doubt: Doubt): void => {
      if (set.size === 0) return;
      groups.push({ kind: doubt.kind, ranges: [...set], recordCount: Infinity, doubtAt: () => doubt });
    };
    whole(this.#lost, { kind: 'lost' });
    whole(this.#mismatched, { kind: 'mismatched' });
    const failure = this.#latestFailure;
    if (failure !== undefined) whole(this.#givenUp, { kind: 'given_up', facts: failure });
    const facts = this.#latestRefusal;
    if (this.#refused.size > 0 && facts !== undefined) {
      const recordCount = this.#refusedCount;
      const refusals = this.#refusals;
      groups.push({
        kind: 'refused',
        ranges: [...this.#refused],
        recordCount,
        doubtAt: (position) => ({ kind: 'refused', recordCount, facts: refusals.get(position) ?? facts }),
      });
    }
    this.#lost = new RangeSet();
    this.#mismatched = new RangeSet();
    this.#refused = new RangeSet();
    this.#refusedCount = 1;
    this.#refusals = new Map();
    this.#givenUp = new RangeSet();
    return groups;
  }

  #sets(): readonly RangeSet[] {
    return [this.#lost, this.#mismatched, this.#refused, this.#givenUp];
  }
}
