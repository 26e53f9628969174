import type { LedgerTotals } from '../../src/journal/ledger-contract.js';
import type { RecordFigures } from '../../src/report/delivery-metrics.js';

/**
 * The record figures of a vault: what the ledger knows, and what only this process knows. `resent` is of this
 * process; everything else is cumulative over restarts and resumes.
 */
export class RecordAccounts {
  readonly #totals: () => LedgerTotals;
  rowsTotal: number | undefined;
  /** Rows reserved by earlier processes and by this one, whether settled or not. */
  #taken: number;
  #resent = 0;

  constructor(totals: () => LedgerTotals, options: { takenBefore: number }) {
    this.#totals = totals;
    this.#taken = options.takenBefore;
  }

  rowsTaken(count: number): void {
    this.#taken += count;
  }

  rowsResent(count: number): void {
    this.#resent += count;
  }

  figures(): RecordFigures {
    const { read, uploaded, confirmed, failed, held, skipped } = this.#totals();
    return {
      ...(this.rowsTotal === undefined ? {} : { rowsTotal: this.rowsTotal }),
      read,
      uploaded,
      failed,
      skipped,
      confirmed,
      resent: this.#resent,
      held,
      unsettled: Math.max(0, (this.rowsTotal ?? this.#taken) - read),
    };
  }
}
