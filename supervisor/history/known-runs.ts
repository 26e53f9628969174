import { mayBeSo, openRunStore, openRuns } from '../../src/journal/open-run-store.js';
import type { LedgerReading } from '../../src/journal/ledger-reading.js';
import { isUnfinishedExit } from '../../src/status/exit-status.js';
import { runDirectoryAt, type RunDirectory, assertOwnRuns } from '../../src/run-record/run-directory.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import type { SliceSettings, SourceExtent } from '../../src/source/source-kind.js';
import { sourceKinds } from '../../src/source/source-kinds.js';
import { sourceNames } from '../../src/source/source-settings.js';
import { readRunRecord, type RunRecord } from '../../src/run-record/run-record.js';

/** A run with its record. */
export interface KnownRun {
  readonly directory: RunDirectory;
  readonly record: RunRecord;
}

/**
 * The runs below a directory, oldest first. A directory without a readable record is no run; one that others made or
 * may change is a `storage` error.
 */
export async function findRuns(runsDirectory: string): Promise<KnownRun[]> {
  await assertOwnRuns(runsDirectory);
  const found: KnownRun[] = [];
  for (const runId of await openRuns(runsDirectory).ids()) {
    const directory = runDirectoryAt(runsDirectory, runId);
    const record = await readRunRecord(directory, { edited: true }).catch(() => undefined);
    if (record !== undefined) found.push({ directory, record });
  }
  return found;
}

/** What a run's inputs are told apart by. */
export async function fingerprintsOf({ directory }: Pick<KnownRun, 'directory'>): Promise<Fingerprints> {
  return Fingerprints.of(await openRunStore(directory.path).fingerprintKey(), `the run ${directory.path}`);
}

/** Whether the last command on a run did not bring it to an end: it was stopped, it failed, or it is still running. */
export function isUnfinishedRun({ sessions }: RunRecord): boolean {
  const exitCode = sessions.at(-1)?.exit_code;
  return exitCode === undefined || isUnfinishedExit(exitCode);
}

/** What the run's journal of a vault says; undefined where it never began, or cannot be read. */
export async function ledgerOf(
  { directory }: KnownRun,
  vaultName: string,
): Promise<LedgerReading | undefined> {
  return openRunStore(directory.path)
    .readLedger(vaultName)
    .catch(() => undefined);
}

/** Whether a run has sent, or may have sent, anything at all. */
export async function hasBegun(run: KnownRun): Promise<boolean> {
  for (const { name } of run.record.vaults) if (await hasBegunVault(run, name)) return true;
  return false;
}

/** Whether a run has records in a vault, as far as its journals can be read; a damaged one may have. */
export async function hasUploaded({ directory, record }: KnownRun): Promise<boolean> {
  const store = openRunStore(directory.path);
  for (const { name } of record.vaults)
    if (await mayBeSo(store, name, (ledger) => (ledger?.totals.uploaded ?? 0) > 0)) return true;
  return false;
}

/** The same of one vault. */
export async function hasBegunVault({ directory }: KnownRun, vaultName: string): Promise<boolean> {
  return mayBeSo(
    openRunStore(directory.path),
    vaultName,
    (ledger) => ledger !== undefined && ledger.settled.size + ledger.inDoubt.size > 0,
  );
}

/** Whether a run ended at its limit with rows of a source left. */
export async function hasRowsBeyondLimit(run: KnownRun): Promise<boolean> {
  for (const { name } of run.record.vaults) {
    const ledger = await ledgerOf(run, name);
    const rows = rowsIn(sliceOf(run.record), ledger?.inputs?.rows);
    if (ledger !== undefined && rows !== undefined && rows > ledger.settled.size) return true;
  }
  return false;
}

/** The newest value of a setting that a run recorded; undefined where it has none. */
export function recordedSetting({ sessions }: RunRecord, key: string): unknown {
  const entry = sessions.at(-1)?.settings[key];
  return entry !== undefined && 'value' in entry ? entry.value : undefined;
}

/** The slice of its sources that a run was asked for. */
export function recordedSlice(record: RunRecord): SliceSettings {
  const [start, end] = ['start_record', 'end_record'].map((key) =>
    recordedSetting(record, `performance.${key}`),
  );
  return {
    start_record: typeof start === 'number' ? start : undefined,
    end_record: typeof end === 'number' ? end : undefined,
  };
}

/** The slice of its sources that a run is for; undefined: everything. */
export function sliceOf(record: RunRecord): SourceExtent | undefined {
  const source = sourceNames.find((name) => name === recordedSetting(record, 'source'));
  return source && sourceKinds[source].extent(recordedSlice(record));
}

/** How many of a source's rows a run is for, but for its limit. */
export function rowsIn(slice: SourceExtent | undefined, rows: number | undefined): number | undefined {
  if (rows === undefined || slice === undefined) return rows;
  return Math.max(0, Math.min(rows, slice.end ?? Infinity) - slice.start);
}

/** The limit that a run had, in rows of each vault; Infinity for none. */
export function recordedLimit(record: RunRecord): number {
  const limit = recordedSetting(record, 'performance.max_records');
  return typeof limit === 'number' && limit > 0 ? limit : Infinity;
}
