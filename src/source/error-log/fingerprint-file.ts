import { PIECE_BYTES, PieceTable } from '../fingerprints/piece-table.js';
import { openLog } from './open-log.js';

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
  table = new PieceTable({ whole: true }),
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
