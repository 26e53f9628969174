import { isHeld, type LedgerTotals, type Settlement } from '../../src/journal/ledger-contract.js';
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
 * percentage of the last `windowRecords` settled ones. Held records are no failures yet, and have their own `max_held`.
 */
export class ErrorLimit {
  static readonly windowRecords = 1_000;
  readonly #maxFailed: number | undefined;
  readonly #maxShare: number | undefined;
  readonly #maxHeld: number;
  #windowSettled = 0;
  #windowFailed = 0;

  constructor(maxErrors: number | string, maxHeld?: number) {
    this.#maxHeld = maxHeld ?? Infinity;
    if (typeof maxErrors === 'number') this.#maxFailed = maxErrors;
    else this.#maxShare = Number.parseFloat(maxErrors) / 100;
  }

  /** Takes a settlement into account; what is said of the limit when it is passed. */
  passedBy(
    { uploaded, failures }: Pick<Settlement, 'uploaded' | 'failures'>,
    totals: Pick<LedgerTotals, 'failed' | 'held'>,
  ): string | undefined {
    const heldNow = failures.filter(isHeld).length;
    if (heldNow > 0 && totals.held > this.#maxHeld) {
      return `${totals.held} records are held back, more than max_held ${this.#maxHeld}`;
    }
    const failedNow = failures.length - heldNow;
    if (this.#maxFailed !== undefined) {
      const failed = totals.failed - totals.held;
      return failedNow > 0 && failed > this.#maxFailed
        ? `${failed} records failed, more than max_errors ${this.#maxFailed}`
        : undefined;
    }
    return this.#passedByShare(uploaded + failedNow, failedNow);
  }

  #passedByShare(settled: number, failed: number): string | undefined {
    this.#windowSettled += settled;
    this.#windowFailed += failed;
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
