import { SuperviseError } from '../../errors/supervise-error.js';
import { orStorageError, storageError } from '../../journal/storage-error.js';
import { openTrusted } from '../../trust/open-trusted.js';
import type { PieceTable } from '../fingerprints/piece-table.js';
import { StoredFile } from '../fingerprints/stored-file.js';

/** Opens an error log as a source: what is read of it is what the table knows. Throws `storage` when it cannot be read. */
export async function openLog(path: string, table: PieceTable): Promise<StoredFile> {
  const handle = await orStorageError('open', path, openTrusted(path));
  const isFile = await handle.stat().then((found) => found.isFile());
  if (!isFile) {
    await handle.close();
    throw new SuperviseError('storage', `${path} is not a regular file`, {
      hint: 'It has to be read more than once: name a file.',
    });
  }
  return StoredFile.of(path, handle, { table, onFailure: (error) => storageError('read', path, error) });
}
