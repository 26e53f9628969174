import { PIECE_BYTES } from '../fingerprints/piece-table.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { ParquetProblem } from './parquet-errors.js';

/**
 * Any bytes of a file, none of them handed out before their piece was compared with what is known of it. Keeps the
 * piece that was read last: who reads forward in one place has one, so that each piece is hashed once.
 */
export class ProvedBytes {
  readonly #file: StoredFile;
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #at = -1;
  #length = 0;

  constructor(file: StoredFile) {
    this.#file = file;
  }

  /** At most `length` bytes from `start` on, fewer at the end of the file; valid until the next call. */
  async near(start: number, length: number): Promise<Buffer> {
    const piece = Math.floor(start / PIECE_BYTES);
    const from = start - piece * PIECE_BYTES;
    if (from + length <= PIECE_BYTES) {
      await this.#hold(piece);
      return this.#piece.subarray(from, Math.min(this.#length, from + length));
    }
    return this.#gather(start, length);
  }

  /** Exactly these bytes, in memory of their own; throws a ParquetProblem where the file has fewer. */
  async exactly(start: number, length: number): Promise<Buffer> {
    const bytes = await this.#gather(start, length);
    if (bytes.length < length) throw new ParquetProblem('damaged', 'it ends in the middle');
    return bytes;
  }

  async #gather(start: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#file.sizeBytes - start)));
    for (let filled = 0; filled < bytes.length;) {
      const position = start + filled;
      await this.#hold(Math.floor(position / PIECE_BYTES));
      const copied = this.#piece.copy(bytes, filled, position % PIECE_BYTES, this.#length);
      if (copied === 0) return bytes.subarray(0, filled);
      filled += copied;
    }
    return bytes;
  }

  async #hold(piece: number): Promise<void> {
    if (piece === this.#at) return;
    this.#at = -1;
    this.#length = (await this.#file.piece(piece)).copy(this.#piece);
    this.#at = piece;
  }
}
