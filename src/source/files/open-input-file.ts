import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, type SuperviseError } from '../../errors/supervise-error.js';
import type { PieceTable } from '../fingerprints/piece-table.js';
import { StoredFile } from '../fingerprints/stored-file.js';
import { errorIn, readFailure } from './file-errors.js';
import { refuseIrregular, refuseNames } from './refuse-names.js';

const nameParts = 'Its files are named by a list or a pattern, such as "people/*.csv.gz".';

/**
 * Opens a regular file, or says why there is none. A file that is not what its table knows of it is an
 * `input_changed`, here or when that piece is read.
 */
export async function openInputFile(filePath: string, table: PieceTable): Promise<StoredFile> {
  // Looked at before it is opened: opening a named pipe would wait for a writer.
  refuseNames(filePath);
  const found = await stat(filePath).catch(async (error: unknown) => {
    throw await absenceOf(filePath, error);
  });
  if (found.isDirectory()) throw errorIn(filePath, 'is a directory, where a file should be', nameParts);
  refuseIrregular(filePath, found);
  const onFailure = (error: unknown): SuperviseError => readFailure(filePath, error);
  const handle = await open(filePath, 'r').catch((error: unknown) => {
    throw onFailure(error);
  });
  return StoredFile.of(filePath, handle, { table, onFailure });
}

async function absenceOf(filePath: string, error: unknown): Promise<SuperviseError> {
  const directory = path.dirname(filePath);
  const code = systemCode(error);
  if (code === 'ENOTDIR') return errorIn(directory, 'is not a directory, but should hold the files');
  if (code !== 'ENOENT') return readFailure(filePath, error);
  const directoryExists = await stat(directory).then(
    () => true,
    () => false,
  );
  const hint = 'csv.data_directory or --data-dir says where the files are.';
  return directoryExists
    ? errorIn(filePath, 'does not exist', hint)
    : errorIn(directory, 'does not exist; it should hold the files', hint);
}
