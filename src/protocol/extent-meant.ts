import type { PositionRange } from '../record/batch.js';
import type { VaultJob } from './messages.js';

/** Which of a source's rows are loaded; `isLimited`: it has more, and a limit that nobody asked for keeps them out. */
export function extentMeant(
  { delivery, performance }: Pick<VaultJob, 'delivery' | 'performance'>,
  rows = Infinity,
): PositionRange & { readonly isLimited: boolean } {
  const { extent, maxRecordsIsDefault } = delivery;
  const { max_records: maxRecords } = performance;
  const start = Math.min(extent?.start ?? 0, rows);
  const last = Math.min(rows, extent?.end ?? Infinity, start + (maxRecords || Infinity));
  const end = Math.max(start, last);
  return { start, end, isLimited: end < rows && maxRecordsIsDefault };
}

/** Rows in parts of so many; the last one may be shorter. */
export function cutShards({ start: from, end }: PositionRange, shardRows: number): PositionRange[] {
  const shards: PositionRange[] = [];
  for (let start = from; start < end; start += shardRows)
    shards.push({ start, end: Math.min(end, start + shardRows) });
  return shards;
}
