import { formatCount } from '../../report/format-numbers.js';
import { forecastExpiry } from './forecast-expiry.js';

export interface ExpiryWatchOptions {
  readonly vaultName: string;
  readonly submittedAtMs: number;
  readonly onNotice: (message: string) => void;
  /** The clock, in milliseconds; for tests. */
  readonly nowMs?: () => number;
}

/** A rate is believed after this long, and looked at again as often. */
const intervalMs = 10 * 60_000;

/** Warns, as often as the verdict gets worse, when a load goes too slowly for the life of its result. */
export class ExpiryWatch {
  readonly #options: ExpiryWatchOptions;
  readonly #nowMs: () => number;
  #sinceMs: number | undefined;
  #rows = 0;
  #warnedOf: 'in_time' | 'at_risk' | 'hopeless' = 'in_time';

  constructor(options: ExpiryWatchOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Rows that have just been handed out, and how many are left. */
  read(rows: number, rowsLeft: number): void {
    const nowMs = this.#nowMs();
    this.#sinceMs ??= nowMs;
    this.#rows += rows;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < intervalMs) return;
    const rate = this.#rows / (elapsedMs / 1000);
    this.#sinceMs = nowMs;
    this.#rows = 0;
    const { vaultName, submittedAtMs, onNotice } = this.#options;
    const { verdict, ageAtEndMs } = forecastExpiry(rate, rowsLeft, nowMs - submittedAtMs);
    if (verdict === 'in_time' || verdict === this.#warnedOf || this.#warnedOf === 'hopeless') return;
    this.#warnedOf = verdict;
    onNotice(
      `vault ${vaultName}: at ${formatCount(rate)} rows per second the result would be ${formatCount(ageAtEndMs / 3_600_000)} hours old ` +
        `at the end of the load, and Snowflake keeps it for 24` +
        (verdict === 'hopeless'
          ? `: ${formatCount(rowsLeft)} rows are left, and not all of them will be read`
          : '') +
        '. A load of this length needs snowflake.snapshot: table.',
    );
  }
}
