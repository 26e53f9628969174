import type { Settings } from '../../../src/config/configuration.js';
import { formatBytes, formatCount, formatDuration } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';
import type { InputSize, SourceKind } from '../../../src/source/source-kind.js';
import { estimateTime, usualPerSecond, type TimeEstimate } from '../../run/estimate-time.js';
import { diskNeedBytes } from './disk-need.js';
import type { InputShape } from '../../../src/source/record-source.js';

/** What a load of an input takes. */
export interface LoadEstimate extends TimeEstimate {
  readonly disk: ReturnType<typeof diskNeedBytes>;
}

/** What a load of an input takes, if it begins `now`; undefined while nobody knows its records. Pure. */
export function estimateLoad(
  size: InputSize,
  performance: Settings['performance'],
  now: Date,
): LoadEstimate | undefined {
  const time = estimateTime(size, performance, now);
  return time && { ...time, disk: diskNeedBytes([size], performance) };
}

/** An estimate in words. */
export function describeEstimate(
  subject: string,
  estimate: LoadEstimate,
  lifetime?: ReturnType<NonNullable<SourceKind['lifetime']>>,
): Finding {
  const { records, requests, perRequest, seconds, by, disk } = estimate;
  const { expectedBytes, worstBytes } = disk;
  const duration = formatDuration(1_000 * Math.ceil(seconds));
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

/** Characters of a text in a column that must be unique, as the API's definition has it. */
const mostUniqueCharacters = 2_500;

/** Tells of values that a unique column does not take; undefined where there are none. Pure. */
export function foreseeLongValues(
  vault: { readonly name: string; readonly column: string; readonly isUnique: boolean },
  shape: InputShape | undefined,
): Finding | undefined {
  const longest = shape?.values?.longest ?? 0;
  if (longest <= mostUniqueCharacters) return undefined;
  const unique = vault.isUnique
    ? `${vault.column} is unique (skyflow.upsert)`
    : `if ${vault.column} is unique`;
  return {
    status: 'warn',
    subject: vault.name,
    message: `the longest value has ${formatCount(longest)} characters, and a unique column takes ${formatCount(mostUniqueCharacters)} at most: ${unique}, such records are refused one by one`,
  };
}
