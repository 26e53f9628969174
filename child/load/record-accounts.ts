import type { LedgerTotals, Settlement } from '../../src/journal/ledger-contract.js';
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

/**
 * Ends a vault whose failures are more than `max_errors` allows: a number of all its failed records, or a
 * percentage of the last `windowRecords` settled ones.
 */
export class ErrorLimit {
  static readonly windowRecords = 1_000;
  readonly #maxFailed: number | undefined;
  readonly #maxShare: number | undefined;
  #windowSettled = 0;
  #windowFailed = 0;

  constructor(maxErrors: number | string) {
    if (typeof maxErrors === 'number') this.#maxFailed = maxErrors;
    else this.#maxShare = Number.parseFloat(maxErrors) / 100;
  }

  /** Takes a settlement into account; a text when the limit is passed. */
  passedBy(settlement: Settlement, totalFailed: number): string | undefined {
    if (this.#maxFailed !== undefined) {
      return settlement.failures.length > 0 && totalFailed > this.#maxFailed
        ? `${totalFailed} records failed, more than max_errors ${this.#maxFailed}`
        : undefined;
    }
    const settled = settlement.uploaded + settlement.failures.length;
    this.#windowSettled += settled;
    this.#windowFailed += settlement.failures.length;
    if (this.#windowSettled < ErrorLimit.windowRecords) return undefined;
    const share = this.#windowFailed / this.#windowSettled;
    const counted = `${this.#windowFailed} of the last ${this.#windowSettled} records failed`;
    this.#windowSettled = 0;
    this.#windowFailed = 0;
    return share > (this.#maxShare ?? 1)
      ? `${counted}, more than max_errors ${(this.#maxShare ?? 1) * 100}%`
      : undefined;
  }
}
