import { performance } from 'node:perf_hooks';
import { packedOf } from '../record/packed-batch.js';
import { frameText } from './body-frame.js';
import { createByteFrame } from './frame-bytes.js';
import { escapeText, isPlain } from './json.js';
import type { RecordColumns } from './record-columns.js';
import type { Wire } from './wire.js';

export interface EncodedRecords {
  readonly body: Buffer;
  /** No token needed an escape, so that the answer may be scanned for them. */
  readonly plainTokens: boolean;
  readonly payloadMs: number;
  readonly serializationMs: number;
}

/**
 * Makes request bodies of one wire. Nearly no record needs an escape in JSON, and looking for one in every string
 * costs as much as all the rest: so a body is first made as if none did. If its source has not said so, its bytes are
 * then shown to hold no control character, no backslash, and not one quote more than the wire puts there itself. If
 * they do hold one, the body is made again with every string escaped.
 */
export function createRecordEncoder({
  frame,
}: Pick<Wire, 'frame'>): (records: RecordColumns) => EncodedRecords {
  const quotesOf = (records: number): number => {
    const empty = new Array<string>(records).fill('');
    return frameText(frame, { values: empty, tokens: empty }).split('"').length - 1;
  };
  const quotesPerRecord = quotesOf(2) - quotesOf(1);
  const otherQuotes = quotesOf(1) - quotesPerRecord;
  const fill = createByteFrame(frame);

  return (records) => {
    const startedAt = performance.now();
    const packed = packedOf(records);
    const filled = packed && fill(packed);
    if (filled !== undefined) {
      return {
        body: filled,
        plainTokens: true,
        payloadMs: performance.now() - startedAt,
        serializationMs: 0,
      };
    }
    let text = frameText(frame, records);
    const builtAt = performance.now();
    const isKnownPlain = records.plain === true;
    const quotes = otherQuotes + quotesPerRecord * records.values.length;
    let plainTokens = true;
    // Half a surrogate pair has no bytes of its own.
    let body = isKnownPlain || text.isWellFormed() ? Buffer.from(text) : undefined;
    if (body === undefined || !(isKnownPlain || needsNoEscapes(body, quotes))) {
      plainTokens = records.tokens.every(isPlain);
      text = frameText(frame, {
        values: records.values.map(escapeText),
        tokens: plainTokens ? records.tokens : records.tokens.map(escapeText),
      });
      body = Buffer.from(text);
    }
    return {
      body,
      plainTokens,
      payloadMs: builtAt - startedAt,
      serializationMs: performance.now() - builtAt,
    };
  };
}

const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const LOW_BITS = 0x7f7f7f7f;
const SPACES = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

/**
 * Whether UTF-8 text holds exactly so many quotes, and neither a backslash nor a control character. Four bytes at a
 * time: for a byte `b`, `(b - n) & ~b` has its high bit only if `b < n`, or if a lower byte of the word has.
 */
function needsNoEscapes(text: Buffer, quotes: number): boolean {
  const bytes = text.byteOffset % 4 === 0 ? text : new Uint8Array(text);
  const { length } = bytes;
  const wholeWords = length >>> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, wholeWords);
  let found = 0;
  let count = 0;
  // By index, and back to 32 bits at every step: a sum that may be a double costs twice as much, and an iterator, which
  // is not seen at work before the first loop has become fast, makes V8 give the function up.
  for (let index = 0; index < wholeWords; index += 1) {
    const word = words[index] ?? 0;
    const backslashes = word ^ BACKSLASHES;
    found |= (word - SPACES) & ~word;
    found |= (backslashes - EACH_BYTE) & ~backslashes;
    const quote = word ^ QUOTES;
    const others = ((quote & LOW_BITS) + LOW_BITS) | 0 | quote;
    count = (count + (Math.imul((~others & HIGH_BITS) >>> 7, EACH_BYTE) >>> 24)) | 0;
  }
  for (let index = wholeWords * 4; index < length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < 0x20 || byte === 0x5c) return false;
    if (byte === 0x22) count += 1;
  }
  return (found & HIGH_BITS) === 0 && count === quotes;
}
