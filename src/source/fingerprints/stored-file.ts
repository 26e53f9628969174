import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { SuperviseError } from '../../errors/supervise-error.js';
import { PIECE_BYTES, type FileState, type PieceTable } from './piece-table.js';

/** An own text for the failures of the system. */
type OnFailure = (error: unknown) => Error;

/**
 * A file that is open for reading, piece by piece. Nothing of a piece is handed out before the file's table has
 * noted it or found it unchanged; a piece that is another one is an `input_changed`.
 *
 * Content decides. That the file's times have changed (a backup, chmod) ends nothing: `look` then reads again what
 * was handed out before. Only where nothing is known of the rest, and the file was written to, that is the end.
 */
export class StoredFile {
  readonly path: string;
  readonly table: PieceTable;
  readonly modifiedAt: Date;
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  readonly #onFailure: OnFailure;
  /** As long as the file, where that is less than a piece, and a byte that shows whether it has grown. */
  #buffer: Buffer;
  #state: FileState;
  /** The piece in the buffer. */
  #piece = -1;
  #pieceBytes = 0;
  #handedOut = 0;

  private constructor(
    path: string,
    handle: FileHandle,
    stats: Stats,
    options: { readonly table: PieceTable; readonly onFailure: OnFailure },
  ) {
    this.path = path;
    this.table = options.table;
    this.modifiedAt = stats.mtime;
    this.sizeBytes = stats.size;
    this.#handle = handle;
    this.#onFailure = options.onFailure;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, stats.size + 1));
    this.#state = stateOf(stats);
  }

  /** Takes the handle over, which it closes also when the file is not as long as the table says. */
  static async of(
    path: string,
    handle: FileHandle,
    options: { readonly table: PieceTable; readonly onFailure: OnFailure },
  ): Promise<StoredFile> {
    try {
      const file = new StoredFile(path, handle, await handle.stat(), options);
      file.#assertSize(file.#state);
      file.#assertNotWritten(options.table.seen, file.#state);
      options.table.seen ??= file.#state;
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Whether a file is still as it was seen, as far as that is told without reading it. */
  static isSameState(seen: FileState, now: Stats): boolean {
    const { modifiedMs, changedMs } = stateOf(now);
    return modifiedMs === seen.modifiedMs && changedMs === seen.changedMs;
  }

  /** As it was when its content was last compared. */
  get state(): FileState {
    return this.#state;
  }

  /** How many pieces have been handed out, up to the furthest one. */
  get handedOut(): number {
    return this.#handedOut;
  }

  /** A piece, from 0; empty at the end of the file, and valid until the next one is asked for. */
  async piece(piece: number): Promise<Buffer> {
    if (piece !== this.#piece) {
      this.#piece = -1;
      this.#pieceBytes = await this.#fill(this.#buffer, piece);
      if (this.#pieceBytes === this.#buffer.length && this.#pieceBytes < PIECE_BYTES) {
        this.#buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
        this.#pieceBytes = await this.#fill(this.#buffer, piece);
      }
      const bytes = this.#buffer.subarray(0, this.#pieceBytes);
      if (bytes.length > 0 && !this.table.proves(piece, bytes)) throw this.#otherContent(piece);
      // A piece that is not full is the last one.
      if (bytes.length < PIECE_BYTES && !this.table.endsAt(piece * PIECE_BYTES + bytes.length))
        throw this.#otherContent(piece);
      this.#piece = piece;
      this.#handedOut = Math.max(this.#handedOut, piece + 1);
    }
    return this.#buffer.subarray(0, this.#pieceBytes);
  }

  /** As the handle of a file reads: for readers that know nothing of pieces. */
  async read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }> {
    const bytes = await this.piece(Math.floor(position / PIECE_BYTES));
    const from = position % PIECE_BYTES;
    return { bytesRead: bytes.copy(target, offset, from, Math.min(bytes.length, from + length)) };
  }

  /** Reads it to its end: throws `input_changed` when it holds something else than the table knows. */
  async readWhole(signal: AbortSignal): Promise<void> {
    for (let at = 0; (await this.piece(at)).length === PIECE_BYTES; at += 1) signal.throwIfAborted();
  }

  /** Throws `input_changed` when what was handed out no longer stands in the file. Cheap while nobody touches it. */
  async look(signal: AbortSignal): Promise<void> {
    const now = stateOf(await this.#handle.stat());
    const before = this.#state;
    if (now.modifiedMs === before.modifiedMs && now.changedMs === before.changedMs) return;
    this.#assertSize(now);
    this.#assertNotWritten(before, now);
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    const known = Math.min(this.#handedOut, this.table.count);
    for (let piece = 0; piece < known; piece += 1) {
      signal.throwIfAborted();
      const bytes = buffer.subarray(0, await this.#fill(buffer, piece));
      if (!this.table.proves(piece, bytes)) throw this.#otherContent(piece);
    }
    this.#state = now;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Reads a piece until the buffer is full or the file ends. */
  async #fill(buffer: Buffer, piece: number): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await this.#handle
        .read(buffer, filled, buffer.length - filled, piece * PIECE_BYTES + filled)
        .catch((error: unknown) => {
          throw this.#onFailure(error);
        });
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  /** Other bytes are other content. */
  #assertSize({ sizeBytes }: FileState): void {
    const expected = this.table.sizeBytes ?? this.#state.sizeBytes;
    if (sizeBytes !== expected) throw this.#changed(`it had ${expected} bytes and has ${sizeBytes}`);
  }

  /** What nobody has read yet cannot be compared. */
  #assertNotWritten(before: FileState | undefined, now: FileState): void {
    if (this.table.sizeBytes !== undefined || before === undefined) return;
    if (before.modifiedMs !== now.modifiedMs)
      throw this.#changed('it was written to, and nothing is known of what was not read yet');
  }

  #otherContent(piece: number): SuperviseError {
    return this.#changed(`its content is another one from byte ${piece * PIECE_BYTES} on`);
  }

  #changed(how: string): SuperviseError {
    return new SuperviseError('input_changed', `${this.path} changed while it was being loaded: ${how}`, {
      hint: 'Put the file back as it was and go on with `resume`; the changed file is another input, and rows of it may be in the vault.',
    });
  }
}

function stateOf({ size, mtimeMs, ctimeMs }: Stats): FileState {
  return { sizeBytes: size, modifiedMs: mtimeMs, changedMs: ctimeMs };
}
