import { rateCosts, rateKeys } from '../../../src/config/rates.js';
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

/** What a load of an input takes at the configured pace; undefined while nobody knows its records. Pure. */
export function estimateLoad(
  size: InputSize,
  performance: Settings['performance'],
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
  const paces = [
    ...rateKeys.flatMap((key) => {
      const perSecond = performance[key];
      if (perSecond === undefined) return [];
      const each = { records: records / requests, bytes: (records * bytesEach) / requests };
      const seconds = (requests * rateCosts[key](each)) / perSecond;
      return [{ by: `${key} ${formatCount(perSecond)}`, seconds }];
    }),
    {
      by: `base_delay_ms ${performance.base_delay_ms}`,
      seconds: (requests * performance.base_delay_ms) / 1_000 / performance.max_concurrency,
    },
  ];
  const [slowest] = paces.sort((one, other) => other.seconds - one.seconds);
  const isPaced = slowest !== undefined && slowest.seconds > 0;
  return {
    records,
    requests,
    perRequest,
    seconds: isPaced ? slowest.seconds : records / usualPerSecond,
    by: isPaced ? slowest.by : undefined,
    disk: diskNeedBytes([size], performance),
  };
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
  const isTooLong = lifetime !== undefined && by !== undefined && 1_000 * seconds > lifetime.ms;
  return {
    status: isTooLong ? 'bad' : 'good',
    subject,
    message:
      `${formatCount(records)} record${records === 1 ? '' : 's'} in ${formatCount(requests)} request${requests === 1 ? '' : 's'} of up to ${formatCount(perRequest)}; ${time}; ` +
      `disk: ${formatBytes(expectedBytes)}, with max_errors failures ${formatBytes(worstBytes)}` +
      (isTooLong ? `. What is read from lasts for ${formatDuration(lifetime.ms)}` : ''),
    ...(isTooLong ? { hint: lifetime.hint } : {}),
    ...(by === undefined ? { hint: '`calibrate` finds the pace that the vault allows.' } : {}),
  };
}
