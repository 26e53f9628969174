import { PIECE_BYTES } from '../fingerprints/piece-table.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { decompress } from '../compression/decompress.js';
import { joinChunks } from '../compression/join-chunks.js';
import { invalidText } from './csv-errors.js';

export const CSV_ENCODINGS = ['utf8', 'latin1', 'windows-1252', 'utf16le', 'utf16be'] as const;
export type CsvEncoding = (typeof CSV_ENCODINGS)[number];

/** How the bytes of the chunks are encoded: UTF-16 is turned into UTF-8 on the way, so that a newline is one byte. */
export type ChunkEncoding = 'utf8' | 'latin1' | 'windows-1252';

/** The text of a file, decompressed. */
export interface FileText {
  /** Cut anywhere; one is valid until the next one is asked for. */
  readonly chunks: AsyncGenerator<Buffer, void, void>;
  readonly encoding: ChunkEncoding;
  /** Whether the stored bytes are the text itself. */
  readonly isAsStored: boolean;
}

const marks: readonly { readonly bytes: Buffer; readonly encoding: CsvEncoding }[] = [
  { bytes: Buffer.from('efbbbf', 'hex'), encoding: 'utf8' },
  { bytes: Buffer.from('fffe', 'hex'), encoding: 'utf16le' },
  { bytes: Buffer.from('feff', 'hex'), encoding: 'utf16be' },
];

/** Begins to read a file; a byte order mark says how it is encoded, whatever `encoding` does. */
export async function openText(
  file: StoredFile,
  { encoding: said, signal }: { readonly encoding: CsvEncoding; readonly signal: AbortSignal },
): Promise<FileText> {
  let isPlain = false;
  const plain = decompress(file.path, readStored(file, signal), (isText) => (isPlain = isText));
  const step = await plain.next();
  const first = step.done === true ? Buffer.alloc(0) : step.value;
  const mark = marks.find(({ bytes }) => first.subarray(0, bytes.length).equals(bytes));
  const encoding = mark?.encoding ?? said;
  const chunks = joinChunks(first, plain);
  switch (encoding) {
    case 'utf8':
    case 'latin1':
    case 'windows-1252':
      return { chunks, encoding, isAsStored: isPlain };
    case 'utf16le':
    case 'utf16be':
      return { chunks: fromUtf16(file.path, chunks, encoding), encoding: 'utf8', isAsStored: false };
    default:
      return encoding satisfies never;
  }
}

/** The stored bytes from one of them on, piece by piece. */
export async function* readStored(
  file: StoredFile,
  signal: AbortSignal,
  firstByte = 0,
): AsyncGenerator<Buffer, void, void> {
  const firstPiece = Math.floor(firstByte / PIECE_BYTES);
  for (let at = firstPiece; ; at += 1) {
    const piece = await file.piece(at);
    signal.throwIfAborted();
    const start = at === firstPiece ? firstByte % PIECE_BYTES : 0;
    if (start < piece.length) yield piece.subarray(start);
    if (piece.length < PIECE_BYTES) return;
  }
}

/** UTF-16 as UTF-8. */
async function* fromUtf16(
  path: string,
  chunks: AsyncGenerator<Buffer, void, void>,
  encoding: 'utf16le' | 'utf16be',
): AsyncGenerator<Buffer, void, void> {
  const name = encoding === 'utf16le' ? 'utf-16le' : 'utf-16be';
  const decoder = new TextDecoder(name, { fatal: true });
  let line = 1;
  for await (const chunk of chunks) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      const lossy = new TextDecoder(name).decode(chunk);
      throw invalidText(
        { path, line: line + countNewlines(lossy.slice(0, lossy.indexOf('\uFFFD'))) },
        encoding,
      );
    }
    line += countNewlines(text);
    if (text !== '') yield Buffer.from(text, 'utf8');
  }
  try {
    decoder.decode();
  } catch {
    throw invalidText({ path, line }, encoding);
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
