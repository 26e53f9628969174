import type { FileHandle } from 'node:fs/promises';
import { orStorageError } from '../storage-error.js';

/** Most journals are short: what reads them begins small, and grows with what it finds. */
const FIRST_CHUNK_BYTES = 1 << 14;
/** Also the longest line that is one. */
const CHUNK_BYTES = 1 << 20;
const LINE_END = 0x0a;

/** Bytes between two line ends; they stand until the next ones are asked for. */
export interface LineBytes {
  readonly line: Buffer;
  /** False: the end of the file without a line end, or longer than any line that is written. */
  readonly isComplete: boolean;
}

/** The lines of a file from its beginning, in the memory of one chunk. */
export async function* readLines(
  file: string,
  handle: FileHandle,
  signal: AbortSignal | undefined,
): AsyncGenerator<LineBytes> {
  let chunk = Buffer.allocUnsafe(FIRST_CHUNK_BYTES);
  let kept = 0;
  for (let position = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await orStorageError(
      'read',
      file,
      handle.read(chunk, kept, chunk.length - kept, position),
    );
    position += bytesRead;
    const filled = kept + bytesRead;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, filled).indexOf(LINE_END, start);
      if (end === -1) break;
      yield { line: chunk.subarray(start, end), isComplete: true };
      start = end + 1;
    }
    kept = filled - start;
    if (bytesRead === 0 || kept === CHUNK_BYTES) {
      if (kept > 0) yield { line: chunk.subarray(start, filled), isComplete: false };
      if (bytesRead === 0) return;
      kept = 0;
    }
    const isFull = filled === chunk.length && filled < CHUNK_BYTES;
    const next = isFull ? Buffer.allocUnsafe(4 * chunk.length) : chunk;
    chunk.copy(next, 0, start, filled);
    chunk = next;
  }
}
