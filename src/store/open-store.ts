import { exportVault } from './postgres/export-run.js';
import { extendRun, recordRun } from './postgres/record-run.js';
import { grantsFor, storeSql } from './postgres/schema-sql.js';
import { ShardPermits } from './postgres/shard-permits.js';
import type { SharedStore } from './shared-store.js';
import { SharedTable } from './postgres/shared-table.js';
import { StoreControl } from './postgres/store-control.js';
import { StoreJournal } from './postgres/store-journal.js';
import { StoredRuns } from './postgres/stored-runs.js';
import { StoredWorkers } from './postgres/stored-workers.js';
import { Store, type StoreOptions } from './postgres/store.js';

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
    facts: () => store.facts(),
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

/** Makes the tables of a store at a URL, by whoever may; those that are there stay as they are. */
export async function makeStore(url: string, options: StoreOptions): Promise<void> {
  const store = await Store.open(url, options);
  try {
    await store.tell(storeSql);
  } finally {
    await store.close();
  }
}

/** What `makeStore` does, for review, and what `role` must be granted for runs, in the schema of the engine too. */
export function storeInWords(
  role: string,
  engineSchema: string,
): { tables: string; grants: readonly string[] } {
  return { tables: storeSql.trim(), grants: grantsFor(role, engineSchema) };
}
