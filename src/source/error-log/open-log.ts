import { SuperviseError } from '../../errors/supervise-error.js';
import { orStorageError, storageError } from '../../journal/storage-error.js';
import { openTrusted } from '../../trust/open-trusted.js';
import { PieceTable, PIECE_BYTES } from '../fingerprints/piece-table.js';
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

/** A file and its content at one moment. */
export interface FileFingerprint {
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly modifiedAt: string;
  /** Of the whole content, in hex. */
  readonly sha256: string;
}

/** Reads a regular file whole, in constant memory; the table, one without a key, learns it. Throws `storage` when it cannot be read. */
export async function fingerprintFile(
  path: string,
  signal?: AbortSignal,
  table = new PieceTable({ whole: 'sha256' }),
): Promise<FileFingerprint> {
  const file = await openLog(path, table);
  try {
    for (let piece = 0; (await file.piece(piece)).length === PIECE_BYTES; piece += 1)
      signal?.throwIfAborted();
    return {
      sizeBytes: table.sizeBytes ?? file.sizeBytes,
      modifiedAt: file.modifiedAt.toISOString(),
      sha256: table.fingerprint ?? '',
    };
  } finally {
    await file.close();
  }
}
