import type { Settings } from '../../src/config/configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { openTrusted } from '../../src/trust/open-trusted.js';
import { runSecretCommand } from '../secrets/run-secret-command.js';

/** The URL of the store, however it is configured; undefined: there is none. A secret. */
export async function storeUrlOf({ store }: Pick<Settings, 'store'>): Promise<string | undefined> {
  const { url, url_file: file, url_command: command } = store;
  if (url !== undefined) return url;
  if (file !== undefined) return readUrl(file);
  return command === undefined ? undefined : runSecretCommand({ setting: 'store.url_command', command });
}

/** The same for what cannot do without. */
export async function neededStoreUrl(settings: Pick<Settings, 'store'>): Promise<string> {
  const url = await storeUrlOf(settings);
  if (url !== undefined) return url;
  throw new SuperviseError('config', 'no store is configured', {
    hint: 'Name the database with --store, SKYFLOW_STORE, store.url, store.url_file or store.url_command.',
  });
}

async function readUrl(file: string): Promise<string> {
  try {
    const handle = await openTrusted(file);
    try {
      return (await handle.readFile('utf8')).trim();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof SuperviseError) throw cause;
    throw new SuperviseError('config', `store.url_file ${file} cannot be read`, { cause });
  }
}
