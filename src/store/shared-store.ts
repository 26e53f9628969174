import type { RunControl } from '../control/run-control.js';
import type { JournalStore } from '../journal/journal-store.js';
import type { Rates } from '../rates/rates.js';
import type { ExportedVault } from './postgres/export-run.js';
import type { ShardPermits, ShardPermitsOptions } from './postgres/shard-permits.js';
import type { SharedTable } from './postgres/shared-table.js';
import type { StoreJournalOptions } from './postgres/store-journal.js';
import type { StoreFacts } from './postgres/store.js';
import type { StoredRuns } from './postgres/stored-runs.js';
import type { StoredWorkers } from './postgres/stored-workers.js';
import type { MoreShards, PlannedRun } from './run-plan.js';
import type { ShardId } from './shard-id.js';

export type { PermitRefusal } from './postgres/shard-permits.js';
export type { RunRow, StoredVault } from './postgres/stored-runs.js';

/** What a class offers, without what it is made of. */
type Offered<T> = { readonly [Name in keyof T]: T[Name] };

/**
 * What several machines share, and the runs over them are kept in. Whoever works with it knows no more of it than this;
 * PostgreSQL (`postgres/`) is what there is, and `open-store.ts` chooses.
 */
export interface SharedStore extends AsyncDisposable {
  readonly runs: Offered<StoredRuns>;
  readonly workers: Offered<StoredWorkers>;
  facts(): Promise<StoreFacts>;
  /** What a run is steered by. */
  control(run: string): RunControl;
  /** A table for whoever uses it beside the runs of the store; `rates`: his own. */
  table(target: string, rates: Rates): Promise<Offered<SharedTable>>;
  /** Records a run, all of it or nothing; once is enough. Throws `locked` when another run has one of its tables. */
  record(run: PlannedRun): Promise<void>;
  /** Puts shards behind those of a run. Throws `locked` when another run has one of the tables. */
  extend(run: string, more: readonly MoreShards[]): Promise<void>;
  /** Writes what is held of a vault into a run directory, in place of what is there. */
  exportVault(directory: string, vault: ExportedVault, identity: string | undefined): Promise<void>;
  /** Takes a shard over; from then on whoever worked on it before is refused. Throws `fenced` when it is done. */
  takeShard(
    id: ShardId,
    taking: StoreJournalOptions & ShardPermitsOptions,
  ): Promise<{ readonly journal: JournalStore; readonly permits: Offered<ShardPermits> }>;
  close(): Promise<void>;
}
