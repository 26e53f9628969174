import type { LedgerTotals } from '../../src/journal/ledger-contract.js';
import type { RecordFigures } from '../../src/figures/snapshot.js';

/** The record figures of a vault: what the ledger knows, cumulative over restarts and resumes, and what the source holds. */
export class RecordAccounts {
  readonly #totals: () => LedgerTotals;
  rowsTotal: number | null = null;
  /** Rows reserved by earlier processes and by this one, whether settled or not. */
  #taken: number;

  constructor(totals: () => LedgerTotals, options: { takenBefore: number }) {
    this.#totals = totals;
    this.#taken = options.takenBefore;
  }

  rowsTaken(count: number): void {
    this.#taken += count;
  }

  figures(): RecordFigures {
    const { read, uploaded, confirmed, failed, held, skipped } = this.#totals();
    return {
      rows_total: this.rowsTotal,
      read,
      uploaded,
      failed,
      skipped_by_reason: skipped,
      confirmed,
      held,
      in_doubt: 0,
      unsettled: Math.max(0, (this.rowsTotal ?? this.#taken) - read),
    };
  }
}
