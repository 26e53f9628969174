import { formatCount } from '../../report/format-numbers.js';

/** Snowflake keeps the result of a query for this long. */
const RESULT_LIFETIME_MS = 24 * 3_600_000;
/** A load that would end later than this is at risk: rates fall, and an interruption takes its time. */
export const SAFE_LIFETIME_MS = 20 * 3_600_000;
/** How long a load may take whose rows are those of a result, and what to do about a longer one. */
export const resultLifetime = {
  ms: SAFE_LIFETIME_MS,
  hint: 'Snowflake keeps a result for 24 hours. Set snowflake.snapshot to table, load slices (--start-record, --end-record), or configure the pace that the vault allows (performance.max_records_per_second).',
} as const;

interface ExpiryForecast {
  /** `at_risk`: less than four hours would be left. `hopeless`: rows would be left when the result is gone. */
  readonly verdict: 'in_time' | 'at_risk' | 'hopeless';
  /** Age of the result at the load's end, in milliseconds; Infinity at a rate of 0. */
  readonly ageAtEndMs: number;
}

/** Whether a result that is `ageMs` old lives until `rowsLeft` rows are loaded at `rowsPerSecond`. Pure. */
export function forecastExpiry(rowsPerSecond: number, rowsLeft: number, ageMs: number): ExpiryForecast {
  const ageAtEndMs = rowsLeft === 0 ? ageMs : ageMs + (rowsLeft / rowsPerSecond) * 1000;
  if (rowsLeft === 0 || ageAtEndMs <= SAFE_LIFETIME_MS) return { verdict: 'in_time', ageAtEndMs };
  return { verdict: ageAtEndMs <= RESULT_LIFETIME_MS ? 'at_risk' : 'hopeless', ageAtEndMs };
}

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
