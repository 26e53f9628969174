import { mkdir } from 'node:fs/promises';
import type { Settings } from '../../src/config/configuration.js';
import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { withRunLocked } from '../history/with-run-locked.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { readRunIdentity } from '../../src/privacy/identity-file.js';
import { runDirectoryAt, type RunDirectory } from '../../src/run-record/run-directory.js';
import { isRunId } from '../../src/run-record/run-id.js';
import { readRunRecord, writeRunRecord, type RunRecord } from '../../src/run-record/run-record.js';
import { isUnfinishedExit } from '../../src/status/exit-status.js';
import { openStore } from '../../src/store/open-store.js';
import type { RunRow } from '../../src/store/shared-store.js';
import { storeUrlOf } from './store-address.js';

/**
 * For commands that know runs by their directories: writes a run of the store out as one, in place of what is there of it.
 * Nothing is done for a run of this machine alone, or without a store. Throws `usage` for a run that nobody knows.
 */
export async function bringFromStore(
  settings: Pick<Settings, 'store' | 'run_dir'>,
  run: string | undefined,
): Promise<void> {
  if (run === undefined || !isRunId(run)) return;
  const url = await storeUrlOf(settings);
  if (url === undefined) return;
  const local = await readRunRecord(runDirectoryAt(settings.run_dir, run)).catch(() => undefined);
  if (local !== undefined && local.in_store !== true) return;
  try {
    await exportRun(url, settings.run_dir, run);
  } catch (error) {
    // What the store was told to forget still stands here.
    if (local === undefined || errorFacts(error).code !== 'usage') throw error;
  }
}

/** Writes a run of the store out as a run directory: record, journals, error logs. Throws `locked` while it is worked on from there. */
export async function exportRun(url: string, runsDirectory: string, runId: string): Promise<RunDirectory> {
  await using store = await openStore(url, { name: `skyflow-supervise export ${runId}`, connections: 2 });
  const { runs } = store;
  const row = await runs.run(runId);
  if (row === undefined) throw new SuperviseError('usage', `the store holds no run ${runId}`);
  const directory = runDirectoryAt(runsDirectory, runId);
  await mkdir(directory.path, { recursive: true, mode: 0o700 });
  await withRunLocked(directory, async () => {
    if (row.fingerprint_key !== null)
      await openRunStore(directory.path).keepFingerprintKey(row.fingerprint_key);
    const local = await readRunRecord(directory).catch(() => undefined);
    if (local === undefined || !knowsItsEnd(local, row)) await writeRunRecord(directory, row.record);
    const identity = await readRunIdentity(directory.path);
    const known = await runs.vaults(runId);
    for (const { name, id, table, column } of row.record.vaults) {
      const vault = known.find((one) => one.vault === name);
      const plan = await runs.plan(runId, name);
      if (vault === undefined || plan === undefined) continue;
      const header = {
        ...{ runId, vaultName: name, vaultId: id, table, column },
        startedAt: row.record.started_at,
      };
      await store.exportVault(directory.path, { header, extent: plan, shards: vault.shards }, identity);
    }
  });
  return directory;
}

/**
 * Whether what stands here of a run says more than the store does, which is not told how a command ended. A run that the
 * store does not know as finished is not, whatever was seen here.
 */
function knowsItsEnd({ sessions }: RunRecord, { record, is_finished: isFinished }: RunRow): boolean {
  const exitCode = sessions.at(-1)?.exit_code;
  if (exitCode === undefined || sessions.length < record.sessions.length) return false;
  return isFinished || isUnfinishedExit(exitCode);
}

/** A run that lives in a store is gone on with there, or rows would be sent by two who do not know of each other. */
export function assertHasStore(
  { in_store }: { readonly in_store?: true | undefined },
  url: string | undefined,
): void {
  if (in_store !== true || url !== undefined) return;
  throw new SuperviseError('config', 'the ledger of this run is in a store, and no store is configured', {
    hint: 'Name the database with --store, SKYFLOW_STORE, store.url_file or store.url_command.',
  });
}
