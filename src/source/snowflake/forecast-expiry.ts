/** Snowflake keeps the result of a query for this long. */
const RESULT_LIFETIME_MS = 24 * 3_600_000;
/** A load that would end later than this is at risk: rates fall, and an interruption takes its time. */
export const SAFE_LIFETIME_MS = 20 * 3_600_000;
/** How long a load may take whose rows are those of a result, and what to do about a longer one. */
export const resultLifetime = {
  ms: SAFE_LIFETIME_MS,
  hint: 'Snowflake keeps a result for 24 hours. Set snowflake.snapshot to table, load slices (--start-record, --end-record), or configure the pace that the vault allows (performance.max_records_per_second).',
} as const;

export interface ExpiryForecast {
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
