import { readdir, rm, rmdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { writeFileAtomically } from '../../system/write-file-atomically.js';
import { openPrivate, readPrivate } from '../../trust/open-private.js';
import type { JournalStore } from '../journal-store.js';
import { LedgerState } from '../ledger-state.js';
import { mergeErrorLogs } from '../merge-error-logs.js';
import { readErrorLog, type RawLogEntry } from '../read-error-log.js';
import type { LedgerReading, RunStore, SettledErrors } from '../run-store.js';
import { proveLog, type LogMark } from './log-checksum.js';
import { damaged, orStorageError, REPAIR, storageError } from '../storage-error.js';
import { FileJournal } from './file-journal.js';
import { readHead, type HeadReading } from './journal-head.js';
import { replayJournal } from './replay-journal.js';
import { errorLogFile, fingerprintKeyFile, headFile, journalFile, mergedErrorLogFile } from './run-files.js';

/** Ledgers in the files of a run directory. */
export class FileRunStore implements RunStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async fingerprintKey(): Promise<string | undefined> {
    const file = fingerprintKeyFile(this.#directory);
    const text = await readPrivate(file).catch((error: unknown) => {
      if (error instanceof SuperviseError) throw error;
      if (systemCode(error) === 'ENOENT') return undefined;
      throw storageError('read', file, error);
    });
    const key = text?.trim();
    if (key === undefined || /^[0-9a-f]{64}$/.test(key)) return key;
    throw new SuperviseError('storage', `${file} does not hold the key that this program wrote`, {
      hint: 'Put it back from a copy: without it nobody can tell whether files are the ones that the run read.',
    });
  }

  async keepFingerprintKey(key: string): Promise<void> {
    await writeFileAtomically(fingerprintKeyFile(this.#directory), `${key}\n`, { durable: true });
  }

  async discard(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const key = fingerprintKeyFile(this.#directory);
    if (names.some((name) => join(this.#directory, name) !== key)) return;
    await rm(key, { force: true }).catch(() => undefined);
    await rmdir(this.#directory).catch(() => undefined);
  }

  openJournal(
    vaultName: string,
    options: { readonly lockWaitMs?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<JournalStore> {
    return FileJournal.open({ ...options, runDirectory: this.#directory, vaultName });
  }

  async forgetLedger(vaultName: string): Promise<void> {
    const isOf = (name: string): boolean =>
      name === `journal_${vaultName}.log` ||
      name === `journal_${vaultName}.head` ||
      (name.startsWith(`error_log_${vaultName}_`) && /_\d{8}_\d{6}\.json$/.test(name));
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names.filter(isOf)) await rm(join(this.#directory, name), { force: true });
  }

  async readLedger(vaultName: string, signal?: AbortSignal): Promise<LedgerReading | undefined> {
    const file = journalFile(this.#directory, vaultName);
    // First: while it is read the journal grows, and may be in front of its head, never behind it.
    const head = await readHead(headFile(file));
    try {
      return await this.#read(file, head, signal);
    } catch (error) {
      // It came into being in between.
      const isNew = head === undefined && (await readHead(headFile(file))) !== undefined;
      if (!isNew) throw error;
      return this.readLedger(vaultName, signal);
    }
  }

  async mergeErrors(
    sources: readonly SettledErrors[],
    options: { readonly run: string; readonly at: Date; readonly signal?: AbortSignal | undefined },
  ) {
    const place = mergedErrorLogFile(this.#directory, options.at);
    const { reasons } = await mergeErrorLogs(sources, place, options);
    return { place, reasons };
  }

  async #read(
    file: string,
    head: HeadReading | undefined,
    signal: AbortSignal | undefined,
  ): Promise<LedgerReading | undefined> {
    let handle: FileHandle;
    try {
      handle = await openPrivate(file, 'r');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw storageError('open', file, error);
      if (head === undefined || head.durable.sequence === 0) return undefined;
      throw damaged(file, 'it is missing, but its head is there', REPAIR);
    }
    try {
      const state = new LedgerState();
      const take = state.take.bind(state);
      const { log, isWhole } = await replayJournal(file, handle, head, { take, signal });
      const { header, totals, settled, inputs, extent, query, openings } = state;
      if (header === undefined) return undefined;
      const place = errorLogFile(this.#directory, header);
      const { mark } = log;
      return {
        ...{ header, totals, settled, inputs, extent, query, openings },
        inDoubt: state.inDoubt({ isWhole }),
        errors:
          mark.bytes === 0 ? undefined : { place, entries: (stop) => settledEntries(place, mark, stop) },
      };
    } finally {
      await handle.close();
    }
  }
}

/** A killed child may have left more behind than is settled. What is settled is what was written, or none of it counts. */
async function* settledEntries(
  file: string,
  mark: LogMark,
  signal: AbortSignal | undefined,
): AsyncGenerator<RawLogEntry> {
  const handle = await orStorageError('open', file, openPrivate(file, 'r'));
  try {
    await proveLog(file, handle, mark);
  } finally {
    await handle.close();
  }
  const { rawEntries } = await readErrorLog(file, { signal, settledBytes: mark.bytes });
  yield* rawEntries;
}
