import { parsePaceWindows, ratesAt } from '../../../src/config/pace-windows.js';
import { rateCosts, rateKeys, ratesOf, type Rates } from '../../../src/config/rates.js';
import type { Settings } from '../../../src/config/configuration.js';
import { formatBytes, formatCount, formatDuration } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';
import type { InputSize, SourceKind } from '../../../src/source/source-kind.js';
import { diskNeedBytes } from './disk-need.js';

/** Of a record in a request, beside value and token. */
const recordBytes = 60;
/** What the time is told by where no pace is configured. */
const usualPerSecond = 1_000;

/** What a load of an input takes. */
export interface LoadEstimate {
  readonly records: number;
  readonly requests: number;
  /** Records of one request, at most. */
  readonly perRequest: number;
  /** At least; where no pace is configured, at a usual one. */
  readonly seconds: number;
  /** The configured pace that allows no less; undefined: none is configured. */
  readonly by: string | undefined;
  readonly disk: ReturnType<typeof diskNeedBytes>;
}

/**
 * What a load of an input takes at the configured pace, if it begins `now`; undefined while nobody knows its records.
 * Limits that vaults share are taken as if this vault had them alone (`describeTogether`). Pure.
 */
export function estimateLoad(
  size: InputSize,
  performance: Settings['performance'],
  now: Date,
): LoadEstimate | undefined {
  const { rows, shape } = size;
  if (rows === undefined || rows === 0 || shape === undefined) return undefined;
  const { start_record: start = 0, end_record: end = Infinity, max_records: limit } = performance;
  const meant = Math.max(0, Math.min(rows, end, start + (limit || Infinity)) - start);
  const records = Math.ceil(shape.records * (meant / rows));
  const bytesEach = (shape.values?.mean ?? 0) + (shape.tokens?.mean ?? 0) + recordBytes;
  const fitting = Math.max(1, Math.floor(performance.max_batch_bytes / bytesEach));
  const perRequest = Math.min(performance.batch_size, fitting);
  const requests = Math.ceil(records / perRequest);
  const each = { records: records / requests, bytes: (records * bytesEach) / requests };
  const delayed = {
    by: `base_delay_ms ${performance.base_delay_ms}`,
    seconds: (requests * performance.base_delay_ms) / 1_000 / performance.max_concurrency,
  };
  const paceAt = (rates: Rates): Pace => {
    const paces = rateKeys.flatMap((key) => {
      const perSecond = rates[key];
      if (perSecond === undefined) return [];
      const seconds = (requests * rateCosts[key](each)) / perSecond;
      return [{ by: `${key} ${formatCount(perSecond)}`, seconds }];
    });
    const [slowest = delayed] = [...paces, delayed].sort((one, other) => other.seconds - one.seconds);
    return slowest.seconds > 0 ? slowest : { by: undefined, seconds: records / usualPerSecond };
  };
  return {
    records,
    requests,
    perRequest,
    ...overWindows(paceAt, performance, now),
    disk: diskNeedBytes([size], performance),
  };
}

type Pace = Pick<LoadEstimate, 'seconds' | 'by'>;

const stepMinutes = 15;
const weekSteps = (7 * 24 * 60) / stepMinutes;

/** How long a load takes whose pace changes with the hours of the week: it gets on, step by step, as each of them allows. */
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

/** An estimate in words. */
export function describeEstimate(
  subject: string,
  estimate: LoadEstimate,
  lifetime?: ReturnType<NonNullable<SourceKind['lifetime']>>,
): Finding {
  const { records, requests, perRequest, seconds, by, disk } = estimate;
  const { expectedBytes, worstBytes } = disk;
  const duration = formatDuration(1_000 * seconds);
  const time =
    by === undefined
      ? `no pace is configured: at ${formatCount(usualPerSecond)} records a second ${duration}`
      : `at least ${duration} at ${by}`;
  const isTooLong = lifetime !== undefined && 1_000 * seconds > lifetime.ms;
  const advice = [
    ...(isTooLong ? [lifetime.hint] : []),
    ...(by === undefined ? ['`calibrate` finds the pace that the vault allows.'] : []),
  ];
  return {
    status: isTooLong ? 'bad' : 'good',
    subject,
    message:
      `${formatCount(records)} record${records === 1 ? '' : 's'} in ${formatCount(requests)} request${requests === 1 ? '' : 's'} of up to ${formatCount(perRequest)}; ${time}; ` +
      `disk: ${formatBytes(expectedBytes)}, with max_errors failures ${formatBytes(worstBytes)}` +
      (isTooLong ? `. What is read from lasts for ${formatDuration(lifetime.ms)}` : ''),
    ...(advice.length === 0 ? {} : { hint: advice.join(' ') }),
  };
}

/** What loads take that share their limits: their times add up. Undefined where nothing is shared, or not all is known. */
export function describeTogether(
  estimates: readonly (LoadEstimate | undefined)[],
  { share_limits: shares }: Pick<Settings['performance'], 'share_limits'>,
): Finding | undefined {
  const seconds = estimates.flatMap((one) => (one?.by === undefined ? [] : [one.seconds]));
  if (!shares || seconds.length < 2 || seconds.length < estimates.length) return undefined;
  const total = seconds.reduce((sum, one) => sum + one, 0);
  return {
    status: 'good',
    message: `the vaults share these limits (share_limits): together at least ${formatDuration(1_000 * total)}`,
  };
}
