import { NOTHING_YET, snapshotSchema, together, type VaultSnapshot } from '../../src/figures/snapshot.js';
import type { StoredVault } from '../../src/store/shared-store.js';

/** Where a vault stands whose shards are worked on by many: its rows by the store, the rest by who works on it. */
export function clusterSnapshot(row: StoredVault): VaultSnapshot {
  const { rows, rows_done: read, uploaded, failed, confirmed, held } = row;
  const found = row.snapshots.flatMap(({ snapshot, is_owned: isAtWork }) => {
    const { data } = snapshotSchema.safeParse(snapshot);
    if (data === undefined) return [];
    return [isAtWork ? data : { ...data, ...atRest }];
  });
  return {
    ...together(found),
    ...{ rows_total: rows, read, uploaded, failed, confirmed, held, unsettled: rows - read },
    // Which rows were skipped for what the journals say when they are written out.
    skipped_by_reason: {
      ...NOTHING_YET.skipped_by_reason,
      empty_value: Math.max(0, read - uploaded - failed),
    },
  };
}

/** What a process does at a moment, of one that is gone. */
const atRest = {
  in_flight: 0,
  workers: NOTHING_YET.workers,
  requests_per_second_allowed: null,
  slowed_for_latency_ms: null,
  away_status: null,
  asks_again_ms: null,
  records_per_second: 0,
  requests_per_second: 0,
} satisfies Partial<VaultSnapshot>;
