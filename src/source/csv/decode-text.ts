import { isAscii, isUtf8 } from 'node:buffer';
import type { ChunkEncoding } from './read-chunks.js';

const NEWLINE = 0x0a;

/** The text of whole records; undefined when they are not valid in this encoding. */
export function decodeText(bytes: Buffer, encoding: ChunkEncoding): string | undefined {
  // Most text is ASCII, and read as latin1 it costs a copy and no decoding.
  if (encoding === 'latin1' || isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** How many lines stand whole before the first one that is not valid UTF-8. */
export function linesBeforeInvalid(bytes: Buffer): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; lines += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end;
  }
  return lines;
}

export function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
