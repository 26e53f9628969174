import type { PositionRange } from '../../src/record/batch.js';

/** The journal, as far as reserving goes. */
export interface ReservationJournal {
  /** Durable when it resolves. With `ahead` no row of it is sent before it is handed out. */
  reserve(range: PositionRange, options: { readonly ahead: true }): Promise<void>;
  /** Rows of these positions, which are reserved, may be sent from now on; with a promise: as soon as it resolves. */
  handOut(range: PositionRange): Promise<void> | undefined;
  /** Rows of these positions are certainly not in the vault. */
  release(range: PositionRange): void | Promise<void>;
}

/**
 * Reserves positions in blocks ahead of the batches that need them, so that the journal's fdatasync costs nothing:
 * the next block is on its way while half of the current one is still unsent. Called with ascending ranges.
 *
 * What is handed out is noted, with as many rows ahead of it as are given: after a process was killed only what was on
 * its way and those are in doubt, not the block.
 */
export class Reservation {
  readonly #journal: ReservationJournal;
  readonly #blockRows: number;
  readonly #aheadRows: () => number;
  #reservedTo = 0;
  #handedTo = 0;
  #coming: { readonly range: PositionRange; readonly done: Promise<void> } | undefined;

  constructor(journal: ReservationJournal, options: { blockRows: number; aheadRows: () => number }) {
    this.#journal = journal;
    this.#blockRows = options.blockRows;
    this.#aheadRows = options.aheadRows;
  }

  /**
   * Resolves when every row of the range is durably reserved and handed out; undefined: they are. Blocks end where `within`
   * ends: rows beyond it may be in doubt from an earlier process, and `close` would declare them unsent.
   */
  ensure(range: PositionRange, within: PositionRange): Promise<void> | undefined {
    if (range.end > Math.min(this.#reservedTo, this.#handedTo)) return this.#ensure(range, within);
    this.#beginNext(range, within);
    return undefined;
  }

  async #ensure(range: PositionRange, within: PositionRange): Promise<void> {
    while (range.end > this.#reservedTo) {
      if (this.#coming === undefined)
        this.#begin(Math.max(range.start, this.#reservedTo), range.end, within.end);
      const coming = this.#coming;
      if (coming === undefined) break;
      await coming.done;
      this.#reservedTo = Math.max(this.#reservedTo, coming.range.end);
      if (this.#coming === coming) this.#coming = undefined;
    }
    if (range.end > this.#handedTo) {
      const start = Math.max(range.start, this.#handedTo);
      const end = Math.min(Math.max(range.end, start + this.#aheadRows()), this.#reservedTo, within.end);
      await this.#journal.handOut({ start, end });
      this.#handedTo = end;
    }
    this.#beginNext(range, within);
  }

  #beginNext(range: PositionRange, within: PositionRange): void {
    if (this.#coming === undefined && range.end + this.#blockRows / 2 > this.#reservedTo) {
      this.#begin(this.#reservedTo, this.#reservedTo, within.end);
    }
  }

  /** Gives back what was reserved and never handed out; `dispatchedTo` is the end of the last batch. */
  async close(dispatchedTo: number): Promise<void> {
    await this.#coming?.done;
    const end = Math.max(this.#reservedTo, this.#coming?.range.end ?? 0);
    this.#coming = undefined;
    if (end > dispatchedTo && this.#reservedTo > 0) await this.#journal.release({ start: dispatchedTo, end });
  }

  #begin(start: number, neededTo: number, limit: number): void {
    const end = Math.min(limit, Math.max(start + this.#blockRows, neededTo));
    if (end <= start) return;
    const range = { start, end };
    const done = this.#journal.reserve(range, { ahead: true });
    // The rejection is met by whoever awaits the block; without this it would be unhandled until then.
    done.catch(() => undefined);
    this.#coming = { range, done };
  }
}
