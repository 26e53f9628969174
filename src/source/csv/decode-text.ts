import { isAscii, isUtf8 } from 'node:buffer';
import type { ChunkEncoding } from './read-chunks.js';

const NEWLINE = 0x0a;

const FIRST_OWN = 0x80;
/** What windows-1252 has from 0x80 to 0x9F; five bytes mean nothing. Not left to a decoder: Node's own had them wrong. */
const OWN = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';
/** The characters of windows-1252 that latin1 does not have. */
export const WINDOWS_OWN = OWN.replaceAll('\0', '');

/** The text of whole records; undefined when they are not valid in this encoding. */
export function decodeText(bytes: Buffer, encoding: ChunkEncoding): string | undefined {
  // Most text is ASCII, and read as latin1 it costs a copy and no decoding.
  if (encoding === 'latin1' || isAscii(bytes)) return bytes.toString('latin1');
  if (encoding === 'windows-1252') return decodeWindows1252(bytes);
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function decodeWindows1252(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (/[\u0081\u008d\u008f\u0090\u009d]/.test(text)) return undefined;
  return text.replaceAll(/[\u0080-\u009f]/g, (character) => OWN[character.charCodeAt(0) - FIRST_OWN] ?? '');
}

/** A text that may be cut off in the middle of a character, as well as it can be read. */
export function readRoughly(bytes: Buffer, encoding: ChunkEncoding): string {
  return decodeText(bytes, encoding) ?? bytes.toString(encoding === 'utf8' ? 'utf8' : 'latin1');
}

/** The bytes of a character; none if the encoding does not have it. */
export function encodeCharacter(character: string, encoding: ChunkEncoding): Buffer {
  if (encoding !== 'windows-1252') return Buffer.from(character, encoding);
  const own = OWN.indexOf(character);
  const code = own < 0 ? character.charCodeAt(0) : FIRST_OWN + own;
  return Buffer.from(code > 0xff ? [] : [code]);
}

/** How many lines stand whole before the first one that is not valid in this encoding. */
export function linesBeforeInvalid(bytes: Buffer, encoding: ChunkEncoding): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; lines += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (decodeText(bytes.subarray(start, end), encoding) === undefined) break;
    start = end;
  }
  return lines;
}

export function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
