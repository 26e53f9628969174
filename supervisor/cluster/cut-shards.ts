import type { PositionRange } from '../../src/record/batch.js';

/** The rows of a vault in parts of so many; the last one may be shorter. */
export function cutShards({ start: from, end }: PositionRange, shardRows: number): PositionRange[] {
  const shards: PositionRange[] = [];
  for (let start = from; start < end; start += shardRows)
    shards.push({ start, end: Math.min(end, start + shardRows) });
  return shards;
}
