import type { Settings } from '../../src/config/configuration.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { SharedTables } from '../cluster/shared-tables.js';

/** The tables of jobs as others use them too, where a store is configured that would know; else nobody is asked. */
export class JobTables implements AsyncDisposable {
  readonly #settings: Pick<Settings, 'store'>;
  #tables: Promise<SharedTables> | undefined;

  constructor(settings: Pick<Settings, 'store'>) {
    this.#settings = settings;
  }

  /** The job as it is done beside others. Throws where another run of the store has its table, or nobody could tell. */
  async join(job: VaultJob): Promise<VaultJob> {
    const { url, url_file: file, url_command: command } = this.#settings.store;
    if (url === undefined && file === undefined && command === undefined) return job;
    this.#tables ??= open(this.#settings);
    return (await this.#tables).join(job);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const tables = await this.#tables?.catch(() => undefined);
    await tables?.[Symbol.asyncDispose]();
  }
}

/** The driver of the database is loaded by nobody else. */
async function open(settings: Pick<Settings, 'store'>): Promise<SharedTables> {
  const { SharedTables: Tables } = await import('../cluster/shared-tables.js');
  return Tables.open(settings);
}
