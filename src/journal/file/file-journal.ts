import { systemCode } from '../../errors/supervise-error.js';
import { DurableFile, syncFolder } from '../durable-file.js';
import { formatBody, type JournalLine, type WritableLine } from '../journal-line.js';
import type { AppendOptions, JournalStore } from '../journal-store.js';
import type { LedgerHeader } from '../ledger-contract.js';
import { acquireLock, type Lock } from '../lock.js';
import type { JournalShard } from '../run-store.js';
import { damaged, defect, orStorageError, REPAIR } from '../storage-error.js';
import { ErrorLogFile } from './error-log-file.js';
import { FailureCommit } from './failure-commit.js';
import { LogAccount } from './file-line.js';
import { JournalChain } from '../journal-chain.js';
import type { PositionRange } from '../../record/batch.js';
import { JournalHead, readHead, type HeadReading } from './journal-head.js';
import { JournalWriter } from './journal-writer.js';
import { repairJournal } from './repair-journal.js';
import { replayJournal, type Replay } from './replay-journal.js';
import { headFile, journalFile } from './run-files.js';

/** How long to wait for another process that has the journal open: longer than an orphan takes to drain. */
const LOCK_WAIT_MS = 15_000;

export interface FileJournalOptions {
  readonly runDirectory: string;
  readonly vaultName: string;
  /** The shard of the vault whose journal it is, and its rows; absent: the vault is not divided. */
  readonly shard?: JournalShard | undefined;
  readonly lockWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Writing {
  readonly writer: JournalWriter;
  readonly errors: ErrorLogFile;
  readonly failures: FailureCommit;
}

/**
 * The journal of a vault as a file of a run directory, with its head and its error log beside it. A loose line is written with
 * the others of the same turn of the event loop; one that is to be relied on at once. Lines with failures go through a `FailureCommit`.
 */
export class FileJournal implements JournalStore {
  readonly place: string;
  readonly #lock: Lock;
  readonly #rows: PositionRange;
  readonly #signal: AbortSignal | undefined;
  #file: DurableFile | undefined;
  #known: HeadReading | undefined;
  #replay: Replay = nothingRead();
  #hasHeader = false;
  #reservedTo = 0;
  #open: Writing | undefined;
  #closing: Promise<void> | undefined;

  private constructor(place: string, lock: Lock, { shard, signal }: FileJournalOptions) {
    this.place = place;
    this.#lock = lock;
    this.#rows = { start: shard?.start ?? 0, end: shard?.end ?? Infinity };
    this.#signal = signal;
  }

  /** Takes the journal's lock; nothing is read or made yet. Throws `locked` while another process has it. */
  static async open(options: FileJournalOptions): Promise<FileJournal> {
    const { runDirectory, vaultName, shard, signal, lockWaitMs: waitMs = LOCK_WAIT_MS } = options;
    const place = journalFile(runDirectory, vaultName, shard?.index);
    const describe = `the journal of vault ${vaultName}${shard === undefined ? '' : `, shard ${shard.index}`}`;
    const lock = await acquireLock(`${place}.lock`, { waitMs, signal, describe });
    return new FileJournal(place, lock, options);
  }

  get errorLog(): string | undefined {
    return this.#open?.errors.exists === true ? this.#open.errors.path : undefined;
  }

  async replay(take: (line: JournalLine) => string | undefined): Promise<{ readonly isWhole: boolean }> {
    this.#known = await readHead(headFile(this.place));
    this.#file = await openIfThere(this.place);
    this.#hasHeader = false;
    this.#reservedTo = this.#known?.reservedTo ?? 0;
    if (this.#file === undefined) {
      if ((this.#known?.durable.sequence ?? 0) > 0)
        throw damaged(this.place, 'it is missing, but its head is there', REPAIR);
      this.#replay = nothingRead();
      return this.#replay;
    }
    this.#replay = await replayJournal(this.place, this.#file.handle, this.#known, {
      signal: this.#signal,
      take: (line) => {
        if (line.kind === 'header') this.#hasHeader = true;
        if (line.kind === 'reserve') this.#reservedTo = Math.max(this.#reservedTo, line.range.end);
        return take(line);
      },
    });
    return this.#replay;
  }

  /** Drops what is torn behind the lines that count, and cuts the error log back to what they have settled. */
  async begin(header: LedgerHeader): Promise<void> {
    const { log, chain, intactBytes } = this.#replay;
    if (this.#file !== undefined && !this.#hasHeader) await refuseOther(this.#file, header);
    const errors = await ErrorLogFile.open(this.place, header, {
      account: log,
      mayExist: this.#hasHeader,
    });
    let head: JournalHead | undefined;
    try {
      // A head comes before the journal's first line, and before the first one that a journal of version 0.1 gets.
      if (this.#known === undefined) {
        await this.#file?.sync();
        head = await JournalHead.create(headFile(this.place), chain.mark, this.#reservedTo);
      } else head = await JournalHead.open(headFile(this.place), this.#known);
      const file = (this.#file ??= await DurableFile.open(this.place, 'wx+'));
      file.truncate(intactBytes);
      if (!this.#hasHeader) await syncFolder(this.place);
      const writer = new JournalWriter({
        file,
        head,
        chain,
        log: errors.settled,
        reservedTo: this.#reservedTo,
      });
      this.#open = { writer, errors, failures: new FailureCommit(writer, errors) };
    } catch (error) {
      await errors.close();
      await head?.close();
      throw error;
    }
  }

  append(
    lines: readonly WritableLine[],
    { durability, entries = [] }: AppendOptions,
  ): Promise<void> | undefined {
    const { writer, failures } = this.#writing();
    if (entries.length > 0) {
      const done = failures.add(lines, entries);
      return durability === 'durable' ? done.then(() => writer.sync()) : done;
    }
    if (durability === 'loose') return writer.gather(lines);
    writer.write(lines);
    if (durability === 'durable') return writer.sync().then(() => writer.witness());
    writer.witness();
    return undefined;
  }

  async repair(header: LedgerHeader, { hasForgotten }: { readonly hasForgotten: boolean }): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    await repairJournal(this.place, {
      ...{ header, hasForgotten, rows: this.#rows },
      signal: this.#signal,
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const open = this.#open;
    try {
      await open?.failures.idle();
      if (open?.writer.isBroken === false) await open.writer.sync();
    } finally {
      await Promise.allSettled([
        open?.errors.close(),
        open === undefined ? this.#file?.close() : open.writer.close(),
      ]);
      await this.#lock.release();
    }
  }

  #writing(): Writing {
    if (this.#open === undefined) throw defect('it was not begun');
    return this.#open;
  }
}

function nothingRead(): Replay {
  return { log: new LogAccount(), chain: new JournalChain(), intactBytes: 0, isWhole: false };
}

async function openIfThere(path: string): Promise<DurableFile | undefined> {
  try {
    return await DurableFile.open(path, 'r+');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What stands in a file without a header must be a part of it, torn by a crash. */
async function refuseOther(file: DurableFile, header: LedgerHeader): Promise<void> {
  const text = new JournalChain().seal(formatBody({ kind: 'header', header }));
  const found = Buffer.alloc(Math.min(file.length, text.length));
  await orStorageError('read', file.path, file.handle.read(found, 0, found.length, 0));
  const written = [text, text.replace('journal 2', 'journal 1')].map((each) => Buffer.from(each));
  if (found.includes(0) || written.some((each) => each.subarray(0, found.length).equals(found))) return;
  throw damaged(
    file.path,
    'line 1 is not the header of a journal of this run',
    'Move the file away if it is not a journal.',
  );
}
