import type { Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { SuperviseError, systemCode } from '../../errors/supervise-error.js';
import { errorIn, readFailure } from './csv-errors.js';

/** What tells one state of a file from another without reading it. */
export interface FileState {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** An input file that is open for reading; `handle` is the owner's until `close`. */
export interface CsvFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly state: FileState;
}

/**
 * Opens a regular file, or says why there is none. With `expected`, a file that is no longer in that state is
 * an `input_changed`.
 */
export async function openCsvFile(filePath: string, expected?: FileState): Promise<CsvFile> {
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  const found = await stat(filePath).catch(async (error: unknown) => {
    throw await absenceOf(filePath, error);
  });
  if (found.isDirectory()) throw errorIn(filePath, 'is a directory, where a CSV file should be');
  if (!found.isFile()) throw errorIn(filePath, 'is not a regular file; it has to be read more than once');
  const handle = await open(filePath, 'r').catch((error: unknown) => {
    throw readFailure(filePath, error);
  });
  try {
    const state = stateOf(await handle.stat());
    if (expected !== undefined) assertSame(filePath, expected, state);
    return { path: filePath, handle, state };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Throws `input_changed` when the file is not what it was when it was opened. */
export async function assertUnchanged({ path: filePath, handle, state }: CsvFile): Promise<void> {
  assertSame(filePath, state, stateOf(await handle.stat()));
}

function stateOf(stats: Stats): FileState {
  return { sizeBytes: stats.size, modifiedMs: stats.mtimeMs };
}

function assertSame(filePath: string, before: FileState, now: FileState): void {
  if (before.sizeBytes === now.sizeBytes && before.modifiedMs === now.modifiedMs) return;
  const difference =
    before.sizeBytes === now.sizeBytes
      ? 'it has been written to'
      : `it had ${before.sizeBytes} bytes and has ${now.sizeBytes}`;
  throw new SuperviseError('input_changed', `${filePath} changed while it was being loaded: ${difference}`, {
    hint: 'let the export finish, or load a copy, and start a new run',
  });
}

async function absenceOf(filePath: string, error: unknown): Promise<SuperviseError> {
  const directory = path.dirname(filePath);
  const code = systemCode(error);
  if (code === 'ENOTDIR') return errorIn(directory, 'is not a directory, but should hold the CSV files');
  if (code !== 'ENOENT') return readFailure(filePath, error);
  const directoryExists = await stat(directory).then(
    () => true,
    () => false,
  );
  const hint = 'csv.data_directory or --data-dir says where the CSV files are';
  return directoryExists
    ? errorIn(filePath, 'does not exist', hint)
    : errorIn(directory, 'does not exist; it should hold the CSV files', hint);
}
