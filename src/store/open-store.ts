import { exportVault } from './export-run.js';
import { extendRun, recordRun } from './record-run.js';
import { ShardPermits } from './shard-permits.js';
import type { SharedStore } from './shared-store.js';
import { SharedTable } from './shared-table.js';
import { StoreControl } from './store-control.js';
import { StoreJournal } from './store-journal.js';
import { StoredRuns } from './stored-runs.js';
import { StoredWorkers } from './stored-workers.js';
import { Store, type StoreOptions } from './store.js';

/** The store at a URL, ready for runs. Throws `config` for one that cannot be used, `storage` for one that stays away. */
export async function openStore(
  url: string,
  { signal, ...options }: StoreOptions & { readonly signal?: AbortSignal },
): Promise<SharedStore> {
  const store = await Store.open(url, options);
  try {
    await store.assertReady({ signal });
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    runs: new StoredRuns(store),
    workers: new StoredWorkers(store),
    control: (run) => new StoreControl(store, run),
    table: (target, rates) => SharedTable.open(store, target, rates),
    record: (run) => recordRun(store, run),
    extend: (run, more) => extendRun(store, run, more),
    exportVault: (directory, vault, identity) => exportVault(store, directory, vault, identity),
    takeShard: async (id, taking) => {
      const journal = await StoreJournal.open(store, id, taking);
      return { journal, permits: new ShardPermits(store, journal.shard, taking) };
    },
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  };
}
