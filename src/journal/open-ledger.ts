import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { DurableFile, syncFolder } from './durable-file.js';
import { ErrorLogFile } from './error-log-file.js';
import type { RecordProtection } from './error-log-format.js';
import { formatLine } from './journal-line.js';
import { JournalWriter } from './journal-writer.js';
import { Ledger } from './ledger.js';
import type { LedgerHeader, LedgerOwner } from './ledger-contract.js';
import { journalFile } from './ledger-files.js';
import type { LedgerState } from './ledger-state.js';
import { acquireLock } from './lock.js';
import { replayJournal } from './replay-journal.js';
import { damaged, orStorageError } from './storage-error.js';

export interface LedgerOptions {
  readonly runDirectory: string;
  readonly owner: LedgerOwner;
  /** The run's start. Only the first opening of a ledger uses it. */
  readonly startedAt: Date;
  /** How long to wait for another process that has the ledger open. */
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Keeps the records of this opening out of the error log's text; absent: they stand there in clear. */
  readonly protect?: RecordProtection | undefined;
}

/** Longer than an orphan takes to drain. */
const LOCK_WAIT_MS = 15_000;

/**
 * Opens the ledger of a vault in a run for writing: takes its lock, creates or re-reads the journal, drops the
 * journal's torn end and cuts the error log back to what the journal has settled. Throws `locked` while another
 * process has it open, `storage` when a file cannot be used, is damaged, or belongs to another run or vault.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { runDirectory, owner, signal } = options;
  const file = journalFile(runDirectory, owner.vaultName);
  const lock = await acquireLock(`${file}.lock`, {
    waitMs: options.lockWaitMs ?? LOCK_WAIT_MS,
    signal,
    describe: `the journal of vault ${owner.vaultName}`,
  });
  let journal: DurableFile | undefined;
  let errorLog: ErrorLogFile | undefined;
  try {
    journal = await openOrCreate(file);
    const { state, intactBytes } = await replayJournal(file, journal.handle, signal);
    const begun = state.header;
    const header = begun ?? { ...owner, startedAt: options.startedAt.toISOString() };
    if (begun === undefined) await begin(journal, state, header);
    else {
      refuseForeign(file, begun, owner);
      journal.truncate(intactBytes);
    }
    errorLog = await ErrorLogFile.open(runDirectory, header, {
      entries: state.entries,
      failedRecords: state.totals.failed,
      logBytes: state.logBytes,
      mayExist: begun !== undefined,
    });
    const writer = new JournalWriter(journal, state);
    await writer.writeThrough({ kind: 'open', pid: process.pid, at: new Date().toISOString() });
    return new Ledger({ header, journal: writer, errorLog, lock, protect: options.protect });
  } catch (error) {
    await errorLog?.close();
    await journal?.close();
    await lock.release();
    throw error;
  }
}

async function openOrCreate(file: string): Promise<DurableFile> {
  try {
    return await DurableFile.open(file, 'r+');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return DurableFile.open(file, 'wx+');
  }
}

/** Writes the header. What stands in the file already must be a part of it, torn by a crash. */
async function begin(journal: DurableFile, state: LedgerState, header: LedgerHeader): Promise<void> {
  const line = { kind: 'header', header } as const;
  const text = Buffer.from(formatLine(line));
  if (journal.length > text.length) throw notAJournal(journal.path);
  const found = Buffer.alloc(journal.length);
  await orStorageError('read', journal.path, journal.handle.read(found, 0, found.length, 0));
  if (!found.includes(0) && !text.subarray(0, found.length).equals(found)) throw notAJournal(journal.path);
  journal.truncate(0);
  journal.writeAt(text, 0);
  await journal.sync();
  await syncFolder(journal.path);
  state.apply(line);
}

function notAJournal(file: string): SuperviseError {
  return damaged(
    file,
    'line 1 is not the header of a journal of this run',
    'move the file away if it is not a journal',
  );
}

function refuseForeign(file: string, found: LedgerHeader, owner: LedgerOwner): void {
  const differing = (['runId', 'vaultName', 'vaultId', 'table', 'column'] as const).filter(
    (key) => found[key] !== owner[key],
  );
  const [key] = differing;
  if (key === undefined) return;
  throw new SuperviseError('storage', `${file} was begun with ${key} ${found[key]}, not ${owner[key]}`, {
    hint: 'resume with the configuration that the run began with, or start a new run',
  });
}
