import { availableParallelism } from 'node:os';
import type { Settings } from '../../src/config/configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { SessionRequest } from '../run/run-session.js';
import type { StoreTerms } from './cluster-parts.js';

export interface ClusterWish extends Pick<SessionRequest, 'directory' | 'fingerprintKey'> {
  readonly store: Settings['store'];
  /** From `storeUrlOf`. */
  readonly url: string | undefined;
  readonly jobs: readonly VaultJob[];
  /** The jobs of the vaults without a look over their sources: for whoever works on a shard. None: there are no shards. */
  readonly shardJobs: readonly VaultJob[];
  readonly repair: boolean;
}

/**
 * How a session supervises its vaults: over all machines of a store, where one is configured, in lanes of this machine
 * where those are wanted or the run has them, or each by one process. Neither the driver nor the engine is loaded otherwise.
 */
export function superviseOver({ store, url, ...wish }: ClusterWish): Pick<SessionRequest, 'supervise'> {
  if (wish.shardJobs.length === 0) return {};
  if (url === undefined) {
    return {
      supervise: async (request) => {
        const { superviseLanes } = await import('../lanes/supervise-lanes.js');
        return superviseLanes(request, { ...wish, lanes: localLanes(store) });
      },
    };
  }
  const { lanes = availableParallelism() } = store;
  return {
    supervise: async (request, record) => {
      const { superviseCluster } = await import('./supervise-cluster.js');
      const { shard_rows: shardRows, lease_ms: leaseMs } = store;
      const terms = storeTerms(store, url);
      return superviseCluster(request, { ...wish, store: terms, lanes, shardRows, leaseMs, record });
    },
  };
}

/** How this machine's children use the store. */
export function storeTerms(
  { permit_ttl_ms: permitTtlMs, patience_ms: patienceMs }: Settings['store'],
  url: string,
): StoreTerms {
  return { url, permitTtlMs, patienceMs };
}

/** Throws `config` for what does not go together with a store, or not without one; also where the store cannot be used. */
export async function assertStoreFits(
  { store, skyflow }: Pick<Settings, 'store' | 'skyflow'>,
  url: string | undefined,
): Promise<void> {
  if (url !== undefined && skyflow.record_ids) {
    throw new SuperviseError('config', 'skyflow.record_ids does not work with a store', {
      hint: 'Ids are kept on the machine that inserted, where undo would not find those of the others. Load without a store.',
    });
  }
  if (url !== undefined) return assertStoreAnswers(url, store.patience_ms);
  if (store.lanes !== 0) return;
  throw new SuperviseError('config', 'store.lanes (--lanes) 0 needs a store: nobody else would do the work', {
    hint: 'Name the database with --store, SKYFLOW_STORE or store.url.',
  });
}

/** Later a database that is away is waited for; one that never was there is more likely a wrong address. */
const longestPatienceMs = 5_000;

/** Throws, before anything is begun, for a store that cannot be used. */
async function assertStoreAnswers(url: string, usualPatienceMs: number): Promise<void> {
  const { openStore } = await import('../../src/store/open-store.js');
  const patienceMs = Math.min(longestPatienceMs, usualPatienceMs);
  const store = await openStore(url, { name: 'skyflow-supervise', connections: 1, patienceMs });
  await store.close();
}

/** Shards of a vault at a time on a machine that loads alone. */
export function localLanes({ lanes = 1 }: Settings['store']): number {
  return Math.max(1, lanes);
}
