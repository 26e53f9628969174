import { FileRunStore } from './file/file-run-store.js';
import { FileRuns } from './file/file-runs.js';
import type { LedgerReading } from './ledger-reading.js';
import type { Runs, RunStore } from './run-store.js';
import { DamageError } from './storage-error.js';

/** The ledgers of a run: here it is decided where they are kept. */
export function openRunStore(runDirectory: string): RunStore {
  return new FileRunStore(runDirectory);
}

/** All runs below a directory. */
export function openRuns(runsDirectory: string): Runs {
  return new FileRuns(runsDirectory);
}

/** Whether this is so of a vault's ledger, if there is one. Of a damaged one, which whoever opens it is told of, it may be. */
export async function mayBeSo(
  store: RunStore,
  vaultName: string,
  isSo: (reading: LedgerReading | undefined) => boolean,
): Promise<boolean> {
  try {
    return isSo(await store.readLedger(vaultName));
  } catch (error) {
    if (error instanceof DamageError) return true;
    throw error;
  }
}
