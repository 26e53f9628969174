import { readLedger } from '../../../src/journal/read-ledger.js';
import { DamageError } from '../../../src/journal/storage-error.js';
import { isUnfinishedExit } from '../../../src/report/exit-status.js';
import { listRuns, runDirectoryAt, type RunDirectory } from '../../../src/run/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run/run-record.js';

/** A run with its record. */
export interface KnownRun {
  readonly directory: RunDirectory;
  readonly record: RunRecord;
}

/** Whether the last command on a run did not bring it to an end: it was stopped, it failed, or it is still running. */
export function isUnfinishedRun({ sessions }: RunRecord): boolean {
  const exitCode = sessions.at(-1)?.exit_code;
  return exitCode === undefined || isUnfinishedExit(exitCode);
}

/** The unfinished runs below a directory, oldest first. A directory without a readable record is no run. */
export async function findUnfinishedRuns(runsDirectory: string): Promise<KnownRun[]> {
  const found: KnownRun[] = [];
  for (const runId of await listRuns(runsDirectory)) {
    const directory = runDirectoryAt(runsDirectory, runId);
    const record = await readRunRecord(directory).catch(() => undefined);
    if (record !== undefined && isUnfinishedRun(record)) found.push({ directory, record });
  }
  return found;
}

/**
 * A later run that has sent rows of an input that this run never began to send: going on with this one would insert
 * them once more. Undefined when every vault of the run has begun, or nobody else has loaded its input.
 */
export async function findSuccessor(runsDirectory: string, run: KnownRun): Promise<string | undefined> {
  for (const vault of run.record.vaults) {
    if (await hasBegun(run.directory, vault.name)) continue;
    for (const runId of await listRuns(runsDirectory)) {
      if (runId <= run.directory.runId) continue;
      const later = runDirectoryAt(runsDirectory, runId);
      const record = await readRunRecord(later).catch(() => undefined);
      const same = record?.vaults.find(({ id, table }) => id === vault.id && table === vault.table);
      if (same === undefined) continue;
      const ledger = await readLedger(later.path, same.name);
      if (ledger !== undefined && ledger.settled.size + ledger.inDoubt.size > 0) return runId;
    }
  }
  return undefined;
}

/** A journal that is damaged was begun; what is to be done about it is said by whoever opens it. */
async function hasBegun({ path }: RunDirectory, vaultName: string): Promise<boolean> {
  try {
    const ledger = await readLedger(path, vaultName);
    return ledger !== undefined && ledger.settled.size + ledger.inDoubt.size > 0;
  } catch (error) {
    if (error instanceof DamageError) return true;
    throw error;
  }
}

/** A vault that is to be loaded, and from where. */
export interface IntendedLoad {
  readonly vaultId: string;
  readonly table: string;
  /** Absolute paths of its input files. */
  readonly files: readonly string[];
  /** Its query, where the source is Snowflake. */
  readonly sql?: string | undefined;
}

/**
 * An unfinished run that has sent, or may have sent, rows of one of these loads' inputs into the same table: going
 * on with it loads what is left, while a new load would insert its rows once more.
 */
export async function findOverlap(
  runsDirectory: string,
  loads: readonly IntendedLoad[],
): Promise<{ run: KnownRun; vault: string } | undefined> {
  for (const run of await findUnfinishedRuns(runsDirectory)) {
    for (const { name, id, table, rows, sql } of run.record.vaults) {
      const same = loads.find((load) => load.vaultId === id && load.table === table);
      if (same === undefined) continue;
      const ledger = await readLedger(run.directory.path, name);
      if (ledger === undefined || (ledger.settled.size === 0 && ledger.inDoubt.size === 0)) continue;
      const inputs = ledger.inputs?.inputs.map((input) => input.name) ?? [];
      const isDone = rows !== undefined && ledger.settled.size >= rows;
      const isSameInput =
        same.sql === undefined ? inputs.some((input) => same.files.includes(input)) : same.sql === sql;
      if (!isDone && isSameInput) return { run, vault: name };
    }
  }
  return undefined;
}
