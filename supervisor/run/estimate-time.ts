import { parsePaceWindows, ratesAt } from '../../src/rates/pace-windows.js';
import { ratesOf, usualRecordBytes, slowestRate, type Rates } from '../../src/rates/rates.js';
import type { Settings } from '../../src/config/configuration.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { InputSize } from '../../src/source/source-kind.js';

/** What the time is told by where no pace is configured. */
export const usualPerSecond = 1_000;

/** How long a load of an input takes. */
export interface TimeEstimate {
  readonly records: number;
  readonly requests: number;
  /** Records of one request, at most. */
  readonly perRequest: number;
  /** At least; where no pace is configured, at a usual one. */
  readonly seconds: number;
  /** The configured pace that allows no less; undefined: none is configured. */
  readonly by: string | undefined;
}

/**
 * How long a load of an input takes at the configured pace, if it begins `now`; undefined while nobody knows its records.
 * Limits that vaults share are taken as if this vault had them alone (`describeTogether`). Pure.
 */
export function estimateTime(
  size: InputSize,
  performance: Settings['performance'],
  now: Date,
): TimeEstimate | undefined {
  const { rows, shape } = size;
  if (rows === undefined || rows === 0 || shape === undefined) return undefined;
  const { start_record: start = 0, end_record: end = Infinity, max_records: limit } = performance;
  const meant = Math.max(0, Math.min(rows, end, start + (limit || Infinity)) - start);
  const records = Math.ceil(shape.records * (meant / rows));
  const bytesEach = (shape.values?.mean ?? 0) + (shape.tokens?.mean ?? 0) + usualRecordBytes;
  const fitting = Math.max(1, Math.floor(performance.max_batch_bytes / bytesEach));
  const perRequest = Math.min(performance.batch_size, fitting);
  const requests = Math.ceil(records / perRequest);
  const each = { records: records / requests, bytes: (records * bytesEach) / requests };
  const delayed = {
    by: `base_delay_ms ${performance.base_delay_ms}`,
    seconds: (requests * performance.base_delay_ms) / 1_000 / performance.max_concurrency,
  };
  const paceAt = (rates: Rates): Pace => {
    const rate = slowestRate(rates, requests, each);
    const isRate = rate !== undefined && rate.seconds > delayed.seconds;
    const slowest = isRate
      ? { by: `${rate.key} ${formatCount(rate.perSecond)}`, seconds: rate.seconds }
      : delayed;
    return slowest.seconds > 0 ? slowest : { by: undefined, seconds: records / usualPerSecond };
  };
  return { records, requests, perRequest, ...overWindows(paceAt, performance, now) };
}

type Pace = Pick<TimeEstimate, 'seconds' | 'by'>;

const stepMinutes = 15;
const weekSteps = (7 * 24 * 60) / stepMinutes;

/** How long that is at a pace that changes with the hours of the week: it gets on, step by step, as each of them allows. */
function overWindows(paceAt: (rates: Rates) => Pace, performance: Settings['performance'], now: Date): Pace {
  const rates = ratesOf(performance);
  const windows = parsePaceWindows(performance.pace_windows ?? '') ?? [];
  if (windows.length === 0) return paceAt(rates);
  const timeZone = performance.pace_time_zone;
  const stepSeconds = 60 * stepMinutes;
  const steps = Array.from({ length: weekSteps }, (_, step) => {
    const moment = new Date(now.getTime() + 1_000 * stepSeconds * step);
    return stepSeconds / paceAt(ratesAt(moment, { rates, windows, timeZone })).seconds;
  });
  const ofWeek = steps.reduce((sum, part) => sum + part, 0);
  const weeks = Math.max(0, Math.ceil(1 / ofWeek) - 1);
  let left = 1 - weeks * ofWeek;
  let seconds = weeks * weekSteps * stepSeconds;
  for (const part of steps) {
    seconds += stepSeconds * Math.min(1, left / part);
    left -= part;
    if (left <= 0) break;
  }
  return { seconds, by: 'the rates of pace_windows' };
}

/** Of value and token each, where nobody has looked. */
const usualLengths = { shortest: 0, longest: 0, mean: 30 };
const mostRecords = 1e12;

/** The most records whose load ends within a time, by the same estimate; what `max_records` allows is not looked at. Pure. */
export function recordsWithin(ms: number, performance: Settings['performance'], now: Date): number {
  const whole = { ...performance, start_record: undefined, end_record: undefined, max_records: 0 };
  const msOf = (records: number) => {
    const skipped = { empty_value: 0, empty_token: 0 };
    const shape = {
      ...{ records, skipped, values: usualLengths, tokens: usualLengths, repeatedTokens: undefined },
    };
    const estimate = estimateTime({ rows: records, bytes: 0, shape }, whole, now);
    return 1_000 * (estimate?.seconds ?? 0);
  };
  let [within, beyond] = [0, mostRecords];
  while (beyond - within > 1) {
    const middle = Math.floor((within + beyond) / 2);
    if (msOf(middle) <= ms) within = middle;
    else beyond = middle;
  }
  return within;
}
