import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { openTrusted } from '../trust/open-trusted.js';
import { SuperviseError } from '../errors/supervise-error.js';
import {
  entrySchema,
  loggedEntry,
  vaultOfEntry,
  withholding,
  type LoggedEntry,
  type LoggedVault,
  type RawEntry,
} from './error-log-entry.js';
import { ERROR_LOG_FORMAT, MERGED_LOG_FORMAT } from './error-log-format.js';
import { JsonScanner, type ReadableHandle } from './json-scanner.js';
import { damaged, storageError } from '../journal/storage-error.js';

const MAX_ENTRY_BYTES = 256 << 20;
const MAX_HEAD_BYTES = 16 << 20;

const headSchema = z.object({
  format: z.string().optional(),
  vault_name: z.string().optional(),
  vault_id: z.string().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
  run: z.string().optional(),
  timestamp: z.string().optional(),
});

/** What stands in front of the entries. */
export interface ErrorLogHead {
  /** Undefined for a merged log: each of its entries has its own. */
  readonly vault: LoggedVault | undefined;
  readonly timestamp: string | undefined;
  readonly run: string | undefined;
}

/** An error log, of this program (one vault's, or merged) or of the loader it replaces. */
export interface ErrorLog {
  readonly file: string;
  readonly head: ErrorLogHead;
  /**
   * Entry by entry, in the memory of one; each iteration reads the file anew. Records that do not stand there in
   * clear are a `config` error: `src/privacy` opens them.
   */
  readonly entries: AsyncIterable<LoggedEntry>;
  /** The same, as they stand there, each with the vault it belongs to. */
  readonly rawEntries: AsyncIterable<RawLogEntry>;
}

export interface RawLogEntry {
  readonly raw: RawEntry;
  readonly vault: LoggedVault;
  /** The byte behind the entry. */
  readonly end: number;
}

export interface ReadErrorLogOptions {
  readonly signal?: AbortSignal | undefined;
  /** Reads only the entries up to this byte: what a journal has settled (`LedgerReading.errorLogBytes`). */
  readonly settledBytes?: number | undefined;
  /** Throws `storage` at the end of encrypted entries whose number is not that of the log's own totals. */
  readonly judgeTotals?: boolean | undefined;
  /** Opens the file, where what is read of it is compared with something. */
  readonly open?: (() => Promise<ReadableHandle>) | undefined;
}

/**
 * Opens an error log of any size. What is not an error log, or not a whole one, is a storage error with file and
 * byte offset (from here or from the iteration) that never quotes the file.
 */
export async function readErrorLog(file: string, options: ReadErrorLogOptions = {}): Promise<ErrorLog> {
  const head = await withScanner(file, options, (scanner) => readHead(file, scanner));
  const rawEntries = { [Symbol.asyncIterator]: () => iterate(file, head, options) };
  return {
    file,
    head,
    rawEntries,
    entries: {
      async *[Symbol.asyncIterator]() {
        for await (const { raw, vault } of rawEntries) {
          const why = withholding(raw);
          if (why !== undefined) throw new SuperviseError('config', `the records of ${file} are ${why}`);
          yield loggedEntry(raw, vault);
        }
      },
    },
  };
}

/** Reads the keys in front of the entries, and those behind them only when the vault is not named before. */
async function readHead(file: string, scanner: JsonScanner): Promise<ErrorLogHead> {
  const fields: Record<string, unknown> = {};
  let hasEntries = false;
  for await (const key of keys(scanner)) {
    if (key === 'errors') {
      hasEntries = true;
      if (toHead(file, fields) !== undefined) break;
      await scanner.skip();
    } else if (key in headSchema.shape) fields[key] = await scanner.value(MAX_HEAD_BYTES);
    else await scanner.skip();
  }
  const head = toHead(file, fields);
  if (head === undefined || !hasEntries) {
    throw new SuperviseError(
      'storage',
      `${file} is not an error log: it names no vault, or has no "errors"`,
      {
        hint: 'Give an error_log_*.json or merged_error_log_*.json file.',
      },
    );
  }
  return head;
}

/** Undefined while the fields do not say whose log it is. */
function toHead(file: string, fields: Record<string, unknown>): ErrorLogHead | undefined {
  const { data } = headSchema.safeParse(fields);
  if (data === undefined)
    throw damaged(file, 'a value of its head has the wrong type', 'Restore it from a copy.');
  const { format, vault_name: name, vault_id: id, column, timestamp, run } = data;
  if (
    format?.startsWith('skyflow-supervise ') === true &&
    format !== ERROR_LOG_FORMAT &&
    format !== MERGED_LOG_FORMAT
  ) {
    throw new SuperviseError('storage', `${file} was written by another version of this program`, {
      hint: 'Use the version that wrote it, or a newer one.',
    });
  }
  if (format === MERGED_LOG_FORMAT) return { vault: undefined, timestamp, run };
  if (name === undefined || id === undefined || column === undefined) return undefined;
  return { vault: { name, id, table: data.table ?? column, column }, timestamp, run };
}

async function* iterate(
  file: string,
  head: ErrorLogHead,
  { signal, settledBytes = Infinity, judgeTotals = false, open: openFile }: ReadErrorLogOptions,
): AsyncGenerator<RawLogEntry> {
  const handle = await (openFile?.() ?? openToRead(file));
  try {
    const scanner = new JsonScanner(file, handle, signal);
    let entries = 0;
    let isEncrypted = false;
    for await (const key of keys(scanner)) {
      if (key === 'total_errors' && judgeTotals) {
        const total = await scanner.value(MAX_HEAD_BYTES);
        if (isEncrypted && total !== entries) throw contradictsTotal(file, entries, total);
        continue;
      }
      if (key !== 'errors') {
        await scanner.skip();
        continue;
      }
      // The replaced loader writes null for no entries.
      if ((await scanner.peek()) === 'n') {
        await scanner.skip();
        continue;
      }
      await scanner.take('[');
      if (await scanner.takeIf(']')) continue;
      do {
        if (scanner.offset >= settledBytes) return;
        const entry = await readEntry(file, scanner, head);
        entries += 1;
        isEncrypted ||= withholding(entry.raw) === 'encrypted';
        yield entry;
        if (scanner.offset >= settledBytes) return;
      } while (await scanner.takeIf(','));
      await scanner.take(']');
    }
    if ((await scanner.peek()) !== undefined) {
      throw damaged(file, `at byte ${scanner.offset}, something follows the end`, 'Restore it from a copy.');
    }
  } finally {
    await handle.close();
  }
}

/** Entries in clear are thinned out by their owners now and then; those of an encrypted log are what was written. */
function contradictsTotal(file: string, entries: number, total: unknown): SuperviseError {
  return damaged(
    file,
    `the number of its entries is ${entries}, and its total_errors says ${typeof total === 'number' ? total : 'something else'}`,
    'Restore it from a copy; a copy that is meant to hold other entries has no total_errors.',
  );
}

async function readEntry(file: string, scanner: JsonScanner, head: ErrorLogHead): Promise<RawLogEntry> {
  await scanner.peek();
  const { offset } = scanner;
  const parsed = entrySchema.safeParse(await scanner.value(MAX_ENTRY_BYTES));
  if (!parsed.success) {
    // Where and what kind only: the library's message may hold the value.
    const [issue] = parsed.error.issues;
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.code})`;
    throw damaged(
      file,
      `the entry at byte ${offset} is not an entry of an error log${where}`,
      'Restore it from a copy.',
    );
  }
  const vault = head.vault ?? vaultOfEntry(parsed.data);
  if (vault === undefined) {
    throw damaged(
      file,
      `the entry at byte ${offset} names no vault`,
      'Restore it from a copy, or retry the vaults’ own logs.',
    );
  }
  return { raw: parsed.data, vault, end: scanner.offset };
}

/** The keys of the document, each standing in front of its value, which whoever asks has to take. */
async function* keys(scanner: JsonScanner): AsyncGenerator<string> {
  await scanner.skipByteOrderMark();
  await scanner.take('{');
  if (await scanner.takeIf('}')) return;
  do {
    const key = await scanner.value(MAX_HEAD_BYTES);
    await scanner.take(':');
    yield String(key);
  } while (await scanner.takeIf(','));
  await scanner.take('}');
}

async function withScanner<T>(
  file: string,
  { signal, open: openFile }: ReadErrorLogOptions,
  use: (scanner: JsonScanner) => Promise<T>,
): Promise<T> {
  const handle = await (openFile?.() ?? openToRead(file));
  try {
    return await use(new JsonScanner(file, handle, signal));
  } finally {
    await handle.close();
  }
}

async function openToRead(file: string): Promise<FileHandle> {
  try {
    return await openTrusted(file);
  } catch (error) {
    throw storageError('open', file, error);
  }
}
