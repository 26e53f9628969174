import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SuperviseError } from '../errors/supervise-error.js';
import { createMockRow, createStamp, type MockStamp } from './mock-rows.js';
import { diskFailure, NewFiles, type NewFile } from './new-files.js';
import { formatCount, groupThousands } from '../report/format-numbers.js';

/** Where a vault's rows go, and under which headers. */
export interface MockCsvVault {
  readonly name: string;
  /** Relative to the directory. A name that ends in `.gz` is compressed. */
  readonly dataFile: string;
  /** The data file itself when one file holds both columns. */
  readonly tokenFile: string;
  readonly valueHeader: string;
  readonly tokenHeader: string;
}

export interface GenerateCsvOptions {
  readonly directory: string;
  /** Rows of each vault. */
  readonly count: number;
  readonly vaults: readonly MockCsvVault[];
  /** Makes the bytes of every file the same each time. */
  readonly seed?: string | undefined;
  /** Replaces files that exist. */
  readonly force: boolean;
  readonly delimiter?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
}

interface GenerateProgress {
  readonly vaultName: string;
  readonly rows: number;
}

interface GeneratedVault {
  readonly name: string;
  /** Absolute. */
  readonly files: readonly string[];
  readonly rows: number;
}

const ROWS_PER_WRITE = 4_096;
const MAX_ROWS = 2 ** 32;
const compress = promisify(gzip);

/**
 * Writes mock data as CSV files, readable by their owner only, for every vault at once. All files appear when
 * all are complete; on an error or a cancellation none does. Memory does not grow with the count.
 */
export async function generateCsvPairs(options: GenerateCsvOptions): Promise<GeneratedVault[]> {
  const { count, vaults, seed, force, delimiter = ',', signal } = options;
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_ROWS) {
    throw new SuperviseError(
      'usage',
      `cannot generate ${groupThousands(count)} rows: 1 to ${formatCount(MAX_ROWS)} are possible`,
    );
  }
  if (delimiter.length !== 1 || /[A-Za-z0-9 _"\r\n-]/.test(delimiter)) {
    throw new SuperviseError(
      'usage',
      'mock data cannot be written with this delimiter: it occurs in the data',
    );
  }
  const planned = vaults.map((vault) => ({ vault, files: filesOf(vault, options.directory) }));
  const paths = planned.flatMap(({ files }) => files);
  const twice = paths.find((file, index) => paths.indexOf(file) !== index);
  if (twice !== undefined) throw new SuperviseError('usage', `two vaults would be written to ${twice}`);

  const stamp = createStamp(seed);
  const newFiles = await NewFiles.create(paths, force);
  const failure = new AbortController();
  try {
    const either = AbortSignal.any([signal, failure.signal]);
    const writes = planned.map(({ vault, files }) =>
      writeVault({
        vault,
        stamp,
        options,
        signal: either,
        files: files.map((file) => newFiles.get(file)),
      }),
    );
    await allOrNone(writes, failure);
    signal.throwIfAborted();
    await newFiles.publish();
  } catch (error) {
    await newFiles.discard();
    throw error;
  }
  return planned.map(({ vault, files }) => ({ name: vault.name, files, rows: count }));
}

/** Waits for all writers to have stopped, and throws the first failure, which stops the others. */
async function allOrNone(writes: readonly Promise<void>[], failure: AbortController): Promise<void> {
  const stopped = writes.map((write) =>
    write.catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(stopped);
  await Promise.all(stopped);
}

function filesOf({ dataFile, tokenFile }: MockCsvVault, directory: string): string[] {
  return [...new Set([path.resolve(directory, dataFile), path.resolve(directory, tokenFile)])];
}

interface VaultWriting {
  readonly vault: MockCsvVault;
  readonly stamp: MockStamp;
  readonly options: GenerateCsvOptions;
  readonly signal: AbortSignal;
  readonly files: readonly NewFile[];
}

async function writeVault({ vault, stamp, options, signal, files }: VaultWriting): Promise<void> {
  const { name } = vault;
  const { count, delimiter = ',' } = options;
  const valueHeader = cell(vault.valueHeader, delimiter);
  const tokenHeader = cell(vault.tokenHeader, delimiter);
  const rowOf = createMockRow(name, stamp);
  const [data, tokens] = files;
  if (data === undefined) return;
  let dataText = tokens === undefined ? `${valueHeader}${delimiter}${tokenHeader}\n` : `${valueHeader}\n`;
  let tokenText = `${tokenHeader}\n`;
  for (let record = 0; record < count;) {
    signal.throwIfAborted();
    for (const end = Math.min(count, record + ROWS_PER_WRITE); record < end; record += 1) {
      const { value, token } = rowOf(record);
      if (tokens === undefined) dataText += `${value}${delimiter}${token}\n`;
      else {
        dataText += `${value}\n`;
        tokenText += `${token}\n`;
      }
    }
    await append(data, dataText);
    if (tokens !== undefined) await append(tokens, tokenText);
    dataText = '';
    tokenText = '';
    options.onProgress?.({ vaultName: name, rows: record });
  }
}

/** Only headers ever need quotes: mock values and tokens are letters, digits, spaces, `_` and `-`. */
function cell(text: string, delimiter: string): string {
  return text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A gzip file may be any number of compressed pieces in a row, so each piece is complete in itself. */
async function append({ path: filePath, handle }: NewFile, text: string): Promise<void> {
  const bytes = filePath.endsWith('.gz') ? await compress(text) : text;
  await handle.appendFile(bytes).catch((error: unknown) => {
    throw diskFailure(`${filePath} cannot be written`, error);
  });
}
