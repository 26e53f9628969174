import { formatCount } from '../../src/report/format-numbers.js';
import { ERROR_WINDOW_RECORDS } from '../../src/errors/error-limit.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { isHeld, type LedgerTotals, type Settlement } from '../../src/journal/ledger-contract.js';

/**
 * Ends a vault whose failures are more than `max_errors` allows: a number of all its failed records, or a
 * percentage of the last `ERROR_WINDOW_RECORDS` settled ones. Held records are no failures yet, and have their own `max_held`.
 */
export class ErrorLimit {
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
      return `${formatCount(totals.held)} records are held back, more than max_held ${formatCount(this.#maxHeld)}`;
    }
    const failedNow = failures.length - heldNow;
    if (this.#maxFailed !== undefined) {
      const failed = totals.failed - totals.held;
      return failedNow > 0 && failed > this.#maxFailed
        ? `${formatCount(failed)} records failed, more than max_errors ${formatCount(this.#maxFailed)}`
        : undefined;
    }
    return this.#passedByShare(uploaded + failedNow, failedNow);
  }

  #passedByShare(settled: number, failed: number): string | undefined {
    this.#windowSettled += settled;
    this.#windowFailed += failed;
    if (this.#windowSettled < ERROR_WINDOW_RECORDS) return undefined;
    const share = this.#windowFailed / this.#windowSettled;
    const counted = `${formatCount(this.#windowFailed)} of the last ${formatCount(this.#windowSettled)} records failed`;
    this.#windowSettled = 0;
    this.#windowFailed = 0;
    return share > (this.#maxShare ?? 1)
      ? `${counted}, more than max_errors ${(this.#maxShare ?? 1) * 100}%`
      : undefined;
  }
}

/** The error that ends a vault, from what `passedBy` says. */
export function tooManyErrors(vaultName: string, passed: string): SuperviseError {
  return new SuperviseError('too_many_errors', `vault ${vaultName}: ${passed}`, {
    hint: 'Look at the error log; then go on with `resume`, or raise the limit.',
  });
}
