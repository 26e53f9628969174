import type { PositionRange } from '../../src/record/batch.js';
import { RangeSet } from '../../src/record/range-set.js';

/** Moments that are told apart within the time that a lost request may take. */
const moments = 8;

interface Sent {
  readonly rows: RangeSet;
  readonly firstMs: number;
  latestMs: number;
}

/** Rows that are not due yet. */
export interface NotYetDue {
  readonly rows: RangeSet;
  /** When all of them are, on the monotonic clock. */
  readonly dueMs: number;
  /** The time until then. */
  readonly waitMs: number;
}

export const NONE_RECENT: NotYetDue = { rows: new RangeSet(), dueMs: 0, waitMs: 0 };

/**
 * Which rows were sent less than `settleMs` ago, so that they may come into the vault yet and are not asked for. Each
 * row waits for itself; memory is that of the rows of one such time.
 */
export class RecentRows {
  readonly #settleMs: number;
  #sent: Sent[] = [];

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** These rows were sent at this time at the latest. */
  add(ranges: Iterable<PositionRange>, nowMs: number): void {
    this.#forget(nowMs);
    let last = this.#sent.at(-1);
    if (last === undefined || nowMs - last.firstMs > this.#settleMs / moments) {
      last = { rows: new RangeSet(), firstMs: nowMs, latestMs: nowMs };
      this.#sent.push(last);
    }
    for (const range of ranges) last.rows.add(range);
    last.latestMs = nowMs;
  }

  /** Those that are not due at this time, which are forgotten here. */
  take(nowMs: number): NotYetDue {
    this.#forget(nowMs);
    const rows = new RangeSet();
    let latestMs = nowMs - this.#settleMs;
    for (const sent of this.#sent) {
      for (const range of sent.rows) rows.add(range);
      latestMs = Math.max(latestMs, sent.latestMs);
    }
    this.#sent = [];
    return rows.size === 0
      ? NONE_RECENT
      : { rows, dueMs: latestMs + this.#settleMs, waitMs: latestMs + this.#settleMs - nowMs };
  }

  #forget(nowMs: number): void {
    this.#sent = this.#sent.filter(({ latestMs }) => nowMs - latestMs < this.#settleMs);
  }
}
