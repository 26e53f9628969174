import { dirname } from 'node:path';
import { openRuns } from '../../../src/journal/open-run-store.js';
import { runDirectoryAt, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run-record/run-record.js';

/**
 * The vaults of a run, by name, into whose tables runs beside it have loaded since. Retries of failed records are none
 * of these: what they can add is known. Runs that cannot be read count for nothing.
 */
export async function vaultsLoadedSince(record: RunRecord, directory: RunDirectory): Promise<Set<string>> {
  const names = new Set<string>();
  const runs = dirname(directory.path);
  for (const runId of await openRuns(runs).ids()) {
    if (runId <= directory.runId) continue;
    const other = await readRunRecord(runDirectoryAt(runs, runId), { edited: true }).catch(() => undefined);
    if (other === undefined || other.error_logs !== undefined) continue;
    for (const { name, id, table } of record.vaults) {
      if (other.vaults.some((vault) => vault.id === id && vault.table === table)) names.add(name);
    }
  }
  return names;
}
