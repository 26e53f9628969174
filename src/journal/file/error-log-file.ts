import { rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { systemCode } from '../../errors/supervise-error.js';
import { DurableFile, isFileThere, syncFolder } from '../durable-file.js';
import { closeDocument, errorLogHead, separated } from '../../error-log/error-log-format.js';
import type { LedgerHeader } from '../ledger-contract.js';
import { errorLogFile } from './run-files.js';
import type { LogAccount } from './file-line.js';
import { NO_LOG, proveLog, RESTORE_LOG, type LogMark } from './log-checksum.js';
import { damaged, orStorageError, REPAIR } from '../storage-error.js';

/** What the journal knows of the error log. */
export interface JournalledLog {
  readonly account: LogAccount;
  /** Whether a log may stand there that the journal does not know: not when the journal has just been begun. */
  readonly mayExist: boolean;
}

/** New entries of one settlement. */
export interface LogAddition {
  readonly entries: readonly string[];
  readonly records: number;
}

/**
 * The error log of one vault, open for writing: head, entries, trailer with the totals. One write replaces the
 * trailer by new entries and a new trailer, so that whoever reads sees a valid JSON document. Holds no entries in
 * memory. There is no file before there is a failure.
 */
export class ErrorLogFile {
  readonly path: string;
  readonly #head: string;
  #file: DurableFile | undefined;
  #entries = 0;
  #failedRecords = 0;
  /** Where the last entry ends and the trailer begins. */
  #end: LogMark;

  private constructor(journal: string, header: LedgerHeader) {
    this.path = errorLogFile(journal, header);
    this.#head = errorLogHead(header);
    this.#end = { bytes: Buffer.byteLength(this.#head), checksum: crc32(this.#head) };
  }

  /** Opens the log beside a journal and cuts it back to what that has settled. */
  static async open(journal: string, header: LedgerHeader, journalled: JournalledLog): Promise<ErrorLogFile> {
    const log = new ErrorLogFile(journal, header);
    await orStorageError('remove', log.#unfinished, rm(log.#unfinished, { force: true }));
    if (journalled.account.mark.bytes > 0) await log.#cutBack(journalled.account);
    else if (await isFileThere(log.path)) {
      if (!journalled.mayExist) {
        throw damaged(log.path, 'it stands there without the journal it belongs to', REPAIR);
      }
      // Created in front of a settle line that was never written: none of its records is settled.
      await orStorageError('remove', log.path, rm(log.path));
      await syncFolder(log.path);
    }
    return log;
  }

  /** Up to where it is settled. */
  get settled(): LogMark {
    return this.exists ? this.#end : NO_LOG;
  }

  /** Whether there are failures, and so a file. */
  get exists(): boolean {
    return this.#file !== undefined;
  }

  /**
   * Adds entries behind the last one. Resolves when they would survive a power failure, with the place
   * behind each addition's last entry.
   */
  async add(additions: readonly LogAddition[]): Promise<LogMark[]> {
    const file = (this.#file ??= await this.#create());
    const parts: Buffer[] = [];
    const ends: LogMark[] = [];
    let { bytes, checksum } = this.#end;
    let entryCount = this.#entries;
    let failedRecords = this.#failedRecords;
    for (const { entries, records } of additions) {
      for (const entry of entries) {
        const part = Buffer.from(separated(entry, entryCount === 0));
        parts.push(part);
        bytes += part.length;
        checksum = crc32(part, checksum);
        entryCount += 1;
      }
      failedRecords += records;
      ends.push({ bytes, checksum });
    }
    parts.push(Buffer.from(closeDocument(entryCount, failedRecords)));
    try {
      file.writeAt(Buffer.concat(parts), this.#end.bytes);
    } catch (error) {
      this.#restoreTrailer(file);
      throw error;
    }
    await file.sync();
    this.#end = { bytes, checksum };
    this.#entries = entryCount;
    this.#failedRecords = failedRecords;
    return ends;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  get #unfinished(): string {
    return `${this.path}.new`;
  }

  get #trailer(): Buffer {
    return Buffer.from(closeDocument(this.#entries, this.#failedRecords));
  }

  /** An empty log appears under its name complete, by renaming: nobody ever reads half a head. */
  async #create(): Promise<DurableFile> {
    const file = await DurableFile.open(this.#unfinished, 'w+');
    try {
      file.append(this.#head);
      file.append(closeDocument(0, 0));
      await file.sync();
    } finally {
      await file.close();
    }
    await orStorageError('create', this.path, rename(this.#unfinished, this.path));
    await syncFolder(this.path);
    return DurableFile.open(this.path, 'r+');
  }

  /** After a write that was refused half way (a full disk): the old trailer needs no new space. */
  #restoreTrailer(file: DurableFile): void {
    try {
      const trailer = this.#trailer;
      file.writeAt(trailer, this.#end.bytes);
      file.truncate(this.#end.bytes + trailer.length);
    } catch {
      // The error that is reported is the first one; opening the ledger again cuts the log back.
    }
  }

  async #cutBack({ entries, failedRecords, mark }: LogAccount): Promise<void> {
    const file = await DurableFile.open(this.path, 'r+').catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw damaged(
        this.path,
        `it is missing, but the journal has ${failedRecords} failed records in it`,
        RESTORE_LOG,
      );
    });
    try {
      const start = Buffer.alloc(Buffer.byteLength(this.#head));
      await orStorageError('read', this.path, file.handle.read(start, 0, start.length, 0));
      if (start.toString() !== this.#head) {
        throw damaged(this.path, 'its beginning is not what this run wrote', RESTORE_LOG);
      }
      const { bytes } = mark;
      this.#end = { bytes, checksum: await proveLog(this.path, file.handle, mark) };
      this.#entries = entries;
      this.#failedRecords = failedRecords;
      const trailer = this.#trailer;
      // Blanks behind the trailer keep the document valid until the file is cut.
      const surplus = Math.min(Math.max(file.length - bytes - trailer.length, 0), MAX_BLANKS);
      file.writeAt(Buffer.concat([trailer, Buffer.alloc(surplus, ' ')]), bytes);
      file.truncate(bytes + trailer.length);
      await file.sync();
      this.#file = file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

/** More than any commit that a crash can leave behind. */
const MAX_BLANKS = 64 << 20;
