import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { damaged, orStorageError } from '../storage-error.js';

/** A place in an error log, behind one of its entries, and the checksum of all that stands in front of it. */
export interface LogMark {
  /** 0: there is no error log. */
  readonly bytes: number;
  /** Undefined in journals from before there were such checksums. */
  readonly checksum: number | undefined;
}

/** There is no error log. */
export const NO_LOG = { bytes: 0, checksum: crc32('') } satisfies LogMark;

const CHUNK_BYTES = 1 << 18;

/** What is to be done about an error log that is not what was written. */
export const RESTORE_LOG =
  'Put the original file back (do not edit it: make a copy for that), then resume; without it nobody knows which records failed, and `resume --repair` has to ask the vault for them.';

/** Walks forward through an error log, in the memory of a chunk, and knows the checksum of what it has passed. */
export class LogWalk {
  readonly #file: string;
  readonly #handle: Pick<FileHandle, 'read'>;
  #mark = NO_LOG;

  constructor(file: string, handle: Pick<FileHandle, 'read'>) {
    this.#file = file;
    this.#handle = handle;
  }

  /** The checksum up to `bytes`, which is never less than before; undefined when the file ends in front of it. */
  async to(bytes: number): Promise<number | undefined> {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(bytes - this.#mark.bytes, 0), CHUNK_BYTES));
    while (this.#mark.bytes < bytes) {
      const length = Math.min(chunk.length, bytes - this.#mark.bytes);
      const { bytesRead } = await orStorageError(
        'read',
        this.#file,
        this.#handle.read(chunk, 0, length, this.#mark.bytes),
      );
      if (bytesRead === 0) return undefined;
      const checksum = crc32(chunk.subarray(0, bytesRead), this.#mark.checksum);
      this.#mark = { bytes: this.#mark.bytes + bytesRead, checksum };
    }
    return this.#mark.checksum;
  }
}

/** The checksum of an error log up to `mark`. One that is shorter, or has something else there, is a `DamageError`. */
export async function proveLog(
  file: string,
  handle: Pick<FileHandle, 'read'>,
  mark: LogMark,
): Promise<number> {
  const found = await new LogWalk(file, handle).to(mark.bytes);
  if (found === undefined) {
    throw damaged(file, `shorter than the ${mark.bytes} bytes that the journal has settled`, RESTORE_LOG);
  }
  if (mark.checksum !== undefined && found !== mark.checksum) {
    throw damaged(file, 'an entry in it is not what this run wrote (its checksum differs)', RESTORE_LOG);
  }
  return found;
}
