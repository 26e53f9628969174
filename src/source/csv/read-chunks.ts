import { decompress } from './decompress.js';
import { errorIn, invalidText } from './csv-errors.js';
import { PIECE_BYTES } from '../pieces/piece-table.js';
import type { StoredFile } from '../pieces/stored-file.js';

export const CSV_ENCODINGS = ['utf8', 'latin1', 'utf16le'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

/** How the bytes of the chunks are encoded: UTF-16 is turned into UTF-8 on the way, so that a newline is one byte. */
export type ChunkEncoding = 'utf8' | 'latin1';

interface ReadOptions {
  readonly encoding: CsvEncoding;
  readonly signal: AbortSignal;
  /** Told before the first chunk whether the stored bytes are the text itself. */
  readonly onForm: (isAsStored: boolean) => void;
}

/** Reading is cheaper in large pieces (each is a trip to another thread), splitting in small ones (they stay in cache). */
const CHUNK_BYTES = 65_536;

/** The text of a file, decompressed, in pieces cut anywhere. A chunk is valid until the next one is asked for. */
export async function* readChunks(
  file: StoredFile,
  options: ReadOptions,
): AsyncGenerator<Buffer, void, void> {
  const stored = readStored(file, options);
  const plain = decompress(file.path, stored, options.onForm);
  yield* options.encoding === 'utf16le' ? fromUtf16(file, plain) : sniffed(file, plain, options.encoding);
}

export function chunkEncoding(encoding: CsvEncoding): ChunkEncoding {
  return encoding === 'latin1' ? 'latin1' : 'utf8';
}

async function* readStored(file: StoredFile, { signal }: ReadOptions): AsyncGenerator<Buffer> {
  for (let at = 0; ; at += 1) {
    const piece = await file.piece(at);
    for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
      signal.throwIfAborted();
      yield piece.subarray(start, Math.min(piece.length, start + CHUNK_BYTES));
    }
    if (piece.length < PIECE_BYTES) return;
  }
}

async function* fromUtf16(file: StoredFile, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-16le', { fatal: true });
  let line = 1;
  for await (const chunk of chunks) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      const lossy = new TextDecoder('utf-16le').decode(chunk);
      const broken = lossy.indexOf('\uFFFD');
      throw invalidText({ path: file.path, line: line + countNewlines(lossy.slice(0, broken)) }, 'utf16le');
    }
    line += countNewlines(text);
    if (text !== '') yield Buffer.from(text, 'utf8');
  }
  try {
    decoder.decode();
  } catch {
    throw invalidText({ path: file.path, line }, 'utf16le');
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Passes the chunks on, after a look at the first: a file that is plainly something else is named as such. */
async function* sniffed(
  file: StoredFile,
  chunks: AsyncGenerator<Buffer>,
  encoding: ChunkEncoding,
): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    if (first) {
      const start = chunk.toString('hex', 0, 3);
      if (start.startsWith('fffe') || start.startsWith('feff')) {
        throw errorIn(file.path, `looks like UTF-16, not ${encoding}`, 'csv.encoding: "utf16le" reads it');
      }
      if (start === 'efbbbf' && encoding === 'latin1') {
        throw errorIn(
          file.path,
          'begins with the mark of UTF-8, not latin1',
          'csv.encoding: "utf8" reads it',
        );
      }
      first = false;
    }
    yield chunk;
  }
}
