import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors/supervise-error.js';
import type { PositionSet } from '../record/range-set.js';
import type { SourceInspection } from '../source/record-source.js';
import { openPrivate } from '../trust/open-private.js';
import { errorLogName } from './error-log-format.js';
import type { LedgerHeader, LedgerQuery, LedgerTotals } from './ledger-contract.js';
import { readHead, REPAIR, type HeadReading } from './journal-head.js';
import { headFile, journalFile } from './ledger-files.js';
import { replayJournal } from './replay-journal.js';
import { damaged, storageError } from './storage-error.js';

/** What a journal says at the moment of reading. */
export interface LedgerReading {
  readonly header: LedgerHeader;
  readonly totals: LedgerTotals;
  readonly settled: PositionSet;
  /** Sent, or perhaps sent, and neither settled nor released; while a child loads, that is what is in flight. */
  readonly inDoubt: PositionSet;
  readonly inputs: SourceInspection | undefined;
  /** The query that the run submitted last. */
  readonly query: LedgerQuery | undefined;
  /** How often a child opened it: 1 plus restarts and resumes. */
  readonly openings: number;
  /** Undefined when nothing has failed. */
  readonly errorLogFile: string | undefined;
  /** How much of the error log is settled: what stands behind it counts for nothing. */
  readonly errorLogBytes: number;
}

/**
 * Reads the journal of a vault without lock and without changing anything, also while it is written. A torn end is
 * passed over. Undefined when the vault never began in this run; damage is a storage error.
 */
export async function readLedger(
  runDirectory: string,
  vaultName: string,
  signal?: AbortSignal,
): Promise<LedgerReading | undefined> {
  const file = journalFile(runDirectory, vaultName);
  // First: while it is read the journal grows, and may be in front of its head, never behind it.
  const head = await readHead(headFile(file));
  try {
    return await readFiles(runDirectory, file, head, signal);
  } catch (error) {
    // It came into being in between.
    const isNew = head === undefined && (await readHead(headFile(file))) !== undefined;
    if (!isNew) throw error;
    return readLedger(runDirectory, vaultName, signal);
  }
}

async function readFiles(
  runDirectory: string,
  file: string,
  head: HeadReading | undefined,
  signal: AbortSignal | undefined,
): Promise<LedgerReading | undefined> {
  let handle: FileHandle;
  try {
    handle = await openPrivate(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      if (head === undefined || head.durable.sequence === 0) return undefined;
      throw damaged(file, 'it is missing, but its head is there', REPAIR);
    }
    throw storageError('open', file, error);
  }
  try {
    const { state, isWhole } = await replayJournal(file, handle, head, signal);
    const { header, totals, settled, inputs, query, openings, logBytes } = state;
    if (header === undefined) return undefined;
    return {
      header,
      totals,
      settled,
      inDoubt: state.inDoubt({ isWhole }),
      inputs,
      query,
      openings,
      errorLogFile: logBytes === 0 ? undefined : join(runDirectory, errorLogName(header)),
      errorLogBytes: logBytes,
    };
  } finally {
    await handle.close();
  }
}
