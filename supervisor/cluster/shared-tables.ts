import type { Settings } from '../../src/config/configuration.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { openStore } from '../../src/store/open-store.js';
import type { SharedStore } from '../../src/store/shared-store.js';
import { neededStoreUrl } from './store-address.js';

/** Nobody waits longer before anything is begun. */
const patienceMs = 10_000;

/**
 * The tables of a store that are used by jobs of this machine alone: whoever writes to one keeps loads of the store away
 * meanwhile, and is kept away by them; whoever reads takes part in its pace. When this process is killed its tables stay
 * its run's: it may have left something on its way, and goes on with them.
 */
export class SharedTables implements AsyncDisposable {
  readonly #store: SharedStore;
  readonly #terms: { readonly url: string; readonly patienceMs: number };
  readonly #taken = new Map<string, Promise<() => Promise<void>>>();

  private constructor(store: SharedStore, terms: { readonly url: string; readonly patienceMs: number }) {
    this.#store = store;
    this.#terms = terms;
  }

  /** Throws for a store that is configured and cannot be used: nobody would know who else is at work. */
  static async open(settings: Pick<Settings, 'store'>): Promise<SharedTables> {
    const url = await neededStoreUrl(settings);
    const store = await openStore(url, { name: 'skyflow-supervise tables', connections: 1, patienceMs });
    return new SharedTables(store, { url, patienceMs: settings.store.patience_ms });
  }

  /** The job as it is done beside others. Throws `locked` where a run of the store has its table. */
  async join(job: VaultJob): Promise<VaultJob> {
    if (job.task?.kind === 'plan') return job;
    const target = sharedTargetOf(job);
    if (job.task?.kind !== 'verify') {
      const taking = this.#taken.get(target) ?? this.#take(job, target);
      this.#taken.set(target, taking);
      await taking;
    }
    return { ...job, sharedTable: { ...this.#terms, target } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const taken of this.#taken.values()) {
      const letGo = await taken.catch(() => undefined);
      await letGo?.().catch(() => undefined);
    }
    await this.#store.close();
  }

  async #take({ runId, vault, delivery }: VaultJob, target: string): Promise<() => Promise<void>> {
    const table = await this.#store.table(target, delivery.rates);
    await table.take(runId, vault.name);
    return () => table.letGo(runId);
  }
}

/** What is paced together, and loaded into by one run at a time. */
export function sharedTargetOf({ skyflow, vault }: VaultJob): string {
  return JSON.stringify([new URL(skyflow.vault_url).host, vault.id, vault.table]);
}
