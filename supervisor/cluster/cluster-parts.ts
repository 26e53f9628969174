import type { StoreJob, VaultJob } from '../../src/protocol/messages.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import type { RunRecord } from '../../src/run-record/run-record.js';
import type { SharedStore } from '../../src/store/shared-store.js';
import type { StopSignals } from '../process/stop-signals.js';
import type { JobsRequest } from '../run/run-jobs.js';
import type { broadcast } from '../observers/run-observer.js';
import type { SecretRenewal } from '../secrets/secret-renewal.js';
import type { ShardQueue } from './shard-queue.js';

/** How everybody on this machine uses the store. */
export type StoreTerms = Omit<StoreJob, 'owner'>;

export interface ClusterOptions {
  readonly store: StoreTerms;
  /** Shards that are worked on here at the same time; 0: others do all of it. */
  readonly lanes: number;
  readonly shardRows: number;
  readonly leaseMs: number;
  readonly directory: RunDirectory;
  readonly record: RunRecord;
  readonly fingerprintKey?: string | undefined;
  /** Of each vault: to look its source over, */
  readonly jobs: readonly VaultJob[];
  /** and to work on a shard of it. */
  readonly shardJobs: readonly VaultJob[];
  /** A store that is known to have forgotten is gone on with all the same. */
  readonly repair: boolean;
}

/** What everybody needs who has a part in a run over several machines. */
export interface ClusterParts {
  readonly options: JobsRequest & { readonly jobs: readonly VaultJob[]; readonly signals: StopSignals };
  readonly cluster: ClusterOptions;
  readonly observer: ReturnType<typeof broadcast>;
  readonly runId: string;
  readonly secrets: SecretRenewal;
  readonly queue: ShardQueue;
  readonly store: SharedStore;
}
