import { basename } from 'node:path';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { rowsMeant, type LedgerReading } from '../../src/journal/ledger-reading.js';
import type { RunRecord } from '../../src/run-record/run-record.js';
import { analyseErrorLog } from '../../src/source/error-log/analyse-error-log.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { readPieces } from '../../src/source/fingerprints/piece-file.js';
import { readUndo, type UndoState } from '../../src/undo/undo-progress.js';
import { PIECE_BYTES, type FilePieces } from '../../src/source/fingerprints/piece-table.js';
import type { InputIdentity } from '../../src/source/record-source.js';
import type { SourceExtent } from '../../src/source/source-kind.js';
import {
  findRuns,
  fingerprintsOf,
  isUnfinishedRun,
  ledgerOf,
  recordedLimit,
  recordedSetting,
  rowsIn,
  sliceOf,
  type KnownRun,
} from './known-runs.js';
import { isSameTable, type LoadTarget } from './load-target.js';
import { readNotes, type ForgottenRun, type RunNote } from './run-notes.js';

/** What an earlier run has put, or may have put, into one table. */
export interface EarlierLoad {
  readonly runId: string;
  readonly target: LoadTarget;
  /** Of the last command that worked on it. */
  readonly workedAt: string;
  readonly inputs: readonly InputIdentity[];
  /** What its inputs and pieces are told apart by. */
  readonly fingerprints: Fingerprints;
  /** What the whole pieces of its files are told by (`PIECE_BYTES` each); none where it kept nothing. */
  readonly pieces: readonly string[];
  /** The query, where the source was Snowflake. */
  readonly sql: string | undefined;
  /** Rows of its source, or of its slice of it; undefined where they are not known. */
  readonly rows: number | undefined;
  /** Rows that it has settled. */
  readonly settled: number;
  /** The positions that it is for, where it is for a slice of its source. */
  readonly slice: SourceExtent | undefined;
  /** A `clear` that began since has not emptied the table, but may have deleted some of it. */
  readonly isPartlyCleared: boolean;
  /** How far `undo` has come with it, which has left something there: rows without an id, or what a retry has sent. */
  readonly undo?: 'begun' | 'ended' | undefined;
  /** The run's directory, and how far it has come; undefined: it was forgotten. */
  readonly run:
    | {
        readonly known: KnownRun;
        readonly path: string;
        readonly limit: number;
        readonly isUnfinished: boolean;
      }
    | undefined;
}

/**
 * Everything that earlier runs have put into this table and column, oldest first, whatever other vaults those runs
 * had. Left out is what cannot be doubled: runs that uploaded nothing and have no row of which the answer is unknown,
 * those that suffixed what they sent, retries (they sent what their runs had read), and what was loaded before the
 * table was cleared.
 */
export async function findEarlierLoads(
  runsDirectory: string,
  target: LoadTarget,
  options: { readonly but?: string | undefined } = {},
): Promise<EarlierLoad[]> {
  const notes = await readNotes(runsDirectory);
  const runs = await findRuns(runsDirectory);
  const retried = await retriedRuns(runs, target);
  const loads = notes.flatMap((note) => (note.kind === 'forgotten' ? forgottenLoads(note, target) : []));
  for (const run of runs) {
    const { record } = run;
    if (record.run_id === options.but || record.error_logs !== undefined) continue;
    if (record.suffix_unix_seconds !== undefined) continue;
    for (const vault of record.vaults) {
      const own = targetIn(record, vault);
      if (!isSameColumn(own, target)) continue;
      const load = await loadOf(run, vault, own, retried);
      if (load !== undefined) loads.push(load);
    }
  }
  return loads
    .filter((load) => !wasCleared(load, notes, 'cleared'))
    .map((load) => ({ ...load, isPartlyCleared: wasCleared(load, notes, 'clearing') }))
    .sort((one, other) => (one.runId < other.runId ? -1 : 1));
}

/**
 * What a run has put into its tables, for a note that outlives it; of a retry, what the runs had read whose records it
 * sent.
 */
export async function loadsOf(run: KnownRun, runs: readonly KnownRun[]): Promise<EarlierLoad[]> {
  const { record } = run;
  const writers = new Set((record.error_logs ?? []).map(({ run: writer }) => writer));
  const loads: EarlierLoad[] = [];
  for (const vault of record.vaults) {
    const target = targetIn(record, vault);
    const own =
      record.error_logs === undefined ? [run] : runs.filter((one) => writers.has(one.record.run_id));
    const retried = await retriedRuns(runs, target);
    for (const source of own) {
      if (source.record.suffix_unix_seconds !== undefined) continue;
      for (const one of source.record.vaults) {
        if (!isSameColumn(targetIn(source.record, one), target)) continue;
        const load = await loadOf(source, one, target, retried);
        if (load !== undefined) loads.push(load);
      }
    }
  }
  return loads;
}

/**
 * Whether a `clear` of this program has emptied the table since a moment (ISO 8601), or has begun to: then it may have
 * deleted some of it.
 */
export async function clearedSince(
  runsDirectory: string,
  table: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>,
  since: string,
): Promise<'wholly' | 'partly' | undefined> {
  const notes = await readNotes(runsDirectory);
  const load = { target: table, workedAt: since };
  if (wasCleared(load, notes, 'cleared')) return 'wholly';
  return wasCleared(load, notes, 'clearing') ? 'partly' : undefined;
}

/** Where a run put the records of one of its vaults. */
export function targetIn(record: RunRecord, { id, table, column }: RunRecord['vaults'][number]): LoadTarget {
  const url = recordedSetting(record, 'skyflow.vault_url');
  return { vault_url: typeof url === 'string' ? url : '', id, table, column };
}

/** When the last command on a run began to work; ISO 8601. */
export function workedAt({ sessions, started_at: startedAt }: RunRecord): string {
  return sessions.at(-1)?.started_at ?? startedAt;
}

function isSameColumn(one: LoadTarget, other: LoadTarget): boolean {
  return one.column === other.column && isSameTable(one, other);
}

async function loadOf(
  run: KnownRun,
  vault: RunRecord['vaults'][number],
  target: LoadTarget,
  retried: ReadonlySet<string>,
): Promise<EarlierLoad | undefined> {
  const { record, directory } = run;
  const ledger = await openRunStore(directory.path)
    .readLedger(vault.name)
    .catch((error: unknown) => {
      // What a damaged journal does not say may stand in the record of the run; else nothing can be told.
      if (vault.inputs === undefined) throw error;
      return undefined;
    });
  if (ledger !== undefined && !retried.has(record.run_id) && !(await mayHaveLoaded(ledger))) return undefined;
  const undo = await undoOf(run, vault.name);
  const isGone = ledger !== undefined && isUndone(undo, ledger);
  if (isGone && !retried.has(record.run_id)) return undefined;
  // Without a journal the record of the run is all there is: inputs stand there once the vault had begun.
  const inputs = ledger?.inputs?.inputs ?? vault.inputs;
  if (inputs === undefined) return undefined;
  const files = await readPieces(directory.path, vault.name);
  const fingerprints = await fingerprintsOf(run);
  assertOwn(fingerprints, inputs);
  for (const { keyId } of files) fingerprints.assertKey(keyId);
  const rows = ledger?.inputs?.rows ?? vault.rows;
  const limit = recordedLimit(record);
  const slice = sliceOf(record);
  const settled = ledger?.settled.size ?? 0;
  const meant = rowsMeant({ extent: ledger?.extent, inputs: { rows, inputs } }, limit);
  const isAtItsEnd = meant === undefined ? !isUnfinishedRun(record) : settled >= meant;
  return {
    runId: record.run_id,
    target,
    workedAt: workedAt(record),
    inputs,
    fingerprints,
    pieces: wholePieces(files),
    sql: vault.sql,
    rows: rowsIn(slice, rows),
    settled,
    slice,
    isPartlyCleared: false,
    undo: undo && (undo.ended === undefined ? 'begun' : 'ended'),
    run: { known: run, path: directory.path, limit, isUnfinished: !isAtItsEnd },
  };
}

/** Whether everything that a run has, or may have, put into a vault was deleted again by `undo`. */
function isUndone(undo: UndoState | undefined, { totals, inDoubt }: LedgerReading): boolean {
  if (inDoubt.size + totals.held + totals.skipped.already_there > 0) return false;
  return undo?.ended?.withoutId === 0;
}

function undoOf({ directory, record }: KnownRun, vault: string): Promise<UndoState | undefined> {
  return readUndo(directory.path, { run: record.run_id, vault });
}

/** Pieces that are whole: a shorter one at the end of a file is only known beside what stands before it. */
function wholePieces(files: readonly FilePieces[]): string[] {
  return files.flatMap(({ sizeBytes, pieces }) =>
    pieces
      .slice(0, sizeBytes === undefined ? -1 : Math.floor(sizeBytes / PIECE_BYTES))
      .map(({ told }) => told),
  );
}

async function mayHaveLoaded({ totals, inDoubt, errors }: LedgerReading): Promise<boolean> {
  if (totals.uploaded + totals.skipped.already_there + totals.held + inDoubt.size > 0) return true;
  if (totals.failed === 0 || errors === undefined) return false;
  // Of records that failed, some may be in the vault all the same: under another token, or with their answer unknown.
  try {
    const { vaults } = await analyseErrorLog(errors.place);
    return vaults.some(({ byStanding, records }) => records > byStanding.absent);
  } catch {
    return true;
  }
}

/** The runs whose failed records a retry has put into this table. */
async function retriedRuns(runs: readonly KnownRun[], target: LoadTarget): Promise<Set<string>> {
  const retried = new Set<string>();
  /** By retry: whose records it sends, of retries of retries also whose they were at first. */
  const writersOf = new Map<string, readonly string[]>();
  for (const run of runs) {
    const { record } = run;
    if (record.error_logs === undefined) continue;
    const writers = record.error_logs.flatMap(({ run: writer, file }) => [
      writer ?? basename(file),
      ...(writersOf.get(writer ?? '') ?? []),
    ]);
    writersOf.set(record.run_id, writers);
    for (const vault of record.vaults) {
      if (!isSameColumn(targetIn(record, vault), target)) continue;
      const ledger = await ledgerOf(run, vault.name);
      if (ledger !== undefined && !(await mayHaveLoaded(ledger))) continue;
      if (ledger !== undefined && isUndone(await undoOf(run, vault.name), ledger)) continue;
      for (const writer of writers) retried.add(writer);
    }
  }
  return retried;
}

/** Throws `storage` where nobody could tell whether a file was loaded: it may not be loaded once more then. */
function assertOwn(fingerprints: Fingerprints, inputs: readonly InputIdentity[]): void {
  for (const { fingerprint } of inputs) if (fingerprint !== undefined) fingerprints.assertOwn(fingerprint);
}

function forgottenLoads(note: ForgottenRun, target: LoadTarget): EarlierLoad[] {
  return note.loads
    .filter((load) => isSameColumn(load.target, target))
    .map(({ target: own, inputs, fingerprint_key: key, pieces = [], sql, rows, settled, slice }) => {
      const fingerprints = Fingerprints.of(key, `the forgotten run ${note.run_id}`);
      assertOwn(fingerprints, inputs);
      return {
        runId: note.run_id,
        target: own,
        workedAt: note.last_worked_at,
        inputs,
        fingerprints,
        pieces,
        sql,
        rows,
        settled,
        slice,
        isPartlyCleared: false,
        run: undefined,
      };
    });
}

function wasCleared(
  {
    target,
    workedAt: at,
  }: { readonly target: Pick<LoadTarget, 'vault_url' | 'id' | 'table'>; readonly workedAt: string },
  notes: readonly RunNote[],
  how: 'cleared' | 'clearing',
): boolean {
  return notes.some(
    (note) =>
      note.kind === how &&
      at < (note.kind === 'cleared' ? note.cleared_at : note.began_at) &&
      note.tables.some((table) => isSameTable(table, target)),
  );
}
