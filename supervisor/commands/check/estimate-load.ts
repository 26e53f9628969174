import { rateCosts, rateKeys } from '../../../src/config/rates.js';
import type { Settings } from '../../../src/config/configuration.js';
import { formatBytes, formatCount, formatDuration } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';
import type { InputSize } from '../../../src/source/source-kind.js';
import { diskNeedBytes } from './disk-need.js';

/** Of a record in a request, beside value and token. */
const recordBytes = 60;
/** What the time is told by where no pace is configured. */
const usualPerSecond = 1_000;

/** What a load of an input takes at the configured pace; undefined while nobody knows its records. Pure. */
export function estimateLoad(
  subject: string,
  size: InputSize,
  performance: Settings['performance'],
): Finding | undefined {
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
  const time =
    slowest === undefined || slowest.seconds === 0
      ? `no pace is configured: at ${formatCount(usualPerSecond)} records a second ${formatDuration((1_000 * records) / usualPerSecond)}`
      : `at least ${formatDuration(1_000 * slowest.seconds)} at ${slowest.by}`;
  const { expectedBytes, worstBytes } = diskNeedBytes([size], performance);
  return {
    status: 'good',
    subject,
    message:
      `${formatCount(records)} record${records === 1 ? '' : 's'} in ${formatCount(requests)} request${requests === 1 ? '' : 's'} of up to ${formatCount(perRequest)}; ${time}; ` +
      `disk: ${formatBytes(expectedBytes)}, with max_errors failures ${formatBytes(worstBytes)}`,
    ...(slowest === undefined || slowest.seconds === 0
      ? { hint: '`calibrate` finds the pace that the vault allows.' }
      : {}),
  };
}
