import { cellCount, type PackedCells } from '../record/packed-cells.js';
import { closesAnswer, findFirst } from './scan-answer.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const FIRST_BEYOND_ASCII = 0x80;

const HIGH_BITS = 0x80808080 | 0;
const EACH_BYTE = 0x01010101;
const SPACES = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

/** What is looked at as text: up to the second record, the first token apart, and behind the last token. */
const HEAD_BYTES = 1_024;
const TAIL_BYTES = 256;

/** What stands between two tokens, around the id. */
interface Between {
  readonly beforeId: DataView;
  readonly afterId: DataView;
}

/**
 * As `scanAnswer`, of an answer that is bytes, for tokens that are: whether it is, byte for byte, one
 * `{"skyflow_id":"…","tokens":{column:"…"}}` for each token, in order, and nothing else. It accepts no more than that one
 * would of the text: the same grammar before the first token and behind the last one, the same bytes between two tokens as
 * between the first two, and ids of ASCII without quote, backslash and control character. `column` is quoted; undefined
 * where it cannot be told from another one.
 */
export function createByteScanner(
  column: string,
): ((answer: Buffer, tokens: PackedCells) => boolean) | undefined {
  // Bytes that are no ASCII are other characters when they are read as latin1.
  if (!/^[\x20-\x7e]*$/.test(column)) return undefined;
  let known: { beforeId: string; afterId: string; between: Between } | undefined;

  return (answer, tokens) => {
    const [start = 0, end = 0] = tokens.places;
    const head = answer.toString('latin1', 0, Math.min(answer.length, HEAD_BYTES + end - start));
    const first = findFirst(head, end - start, column);
    // No quote stands behind the one that ends the last token.
    const lastQuote = answer.lastIndexOf(QUOTE);
    if (first === undefined || lastQuote < 0 || answer.length - lastQuote > TAIL_BYTES) return false;
    if (!closesAnswer(answer.toString('latin1', lastQuote, answer.length), 0)) return false;
    const { tokenStart, beforeId = '', afterId } = first;
    if (beforeId === '' && cellCount(tokens) > 1) return false;
    if (known?.beforeId !== beforeId || known.afterId !== afterId) {
      const between = { beforeId: viewOf(Buffer.from(beforeId)), afterId: viewOf(Buffer.from(afterId)) };
      known = { beforeId, afterId, between };
    }
    return isAsSent(answer, { from: tokenStart, to: lastQuote }, tokens, known.between);
  };
}

/** Whether the bytes are the tokens, in order, and between each two an id in what stands around it. */
function isAsSent(
  answer: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  { bytes, places }: PackedCells,
  { beforeId, afterId }: Between,
): boolean {
  const view = viewOf(answer);
  const tokens = viewOf(bytes);
  const { byteLength: beforeLength } = beforeId;
  const { byteLength: afterLength } = afterId;
  let at = from;
  for (let place = 0; ; place += 2) {
    const start = places[place] ?? 0;
    const length = (places[place + 1] ?? 0) - start;
    if (at + length > to || !isSame(view, at, tokens, start, length)) return false;
    at += length;
    if (place + 2 >= places.length) return at === to;
    if (at + beforeLength > to || !isSame(view, at, beforeId, 0, beforeLength)) return false;
    at += beforeLength;
    const idStart = at;
    at = plainEnd(view, at, to);
    if (at === idStart || at + afterLength > to) return false;
    if (!isSame(view, at, afterId, 0, afterLength)) return false;
    at += afterLength;
  }
}

/** Where bytes that stand for themselves inside a JSON string end, from `at` on and not behind `to`. */
function plainEnd(view: DataView, at: number, to: number): number {
  let end = at;
  // For a byte `b`, `(b - n) & ~b` has its high bit only if `b < n`, or if a lower byte of the word has.
  for (; end + 4 <= to; end += 4) {
    const word = view.getInt32(end, true);
    const quotes = word ^ QUOTES;
    const backslashes = word ^ BACKSLASHES;
    const controls = (word - SPACES) & ~word;
    const others = ((quotes - EACH_BYTE) & ~quotes) | ((backslashes - EACH_BYTE) & ~backslashes);
    if (((word | controls | others) & HIGH_BITS) !== 0) break;
  }
  while (end < to && isPlainByte(view.getUint8(end))) end += 1;
  return end;
}

function isPlainByte(byte: number): boolean {
  return byte >= SPACE && byte < FIRST_BEYOND_ASCII && byte !== QUOTE && byte !== BACKSLASH;
}

/**
 * Four bytes at a time, the last four once more where they do not come out even: a call of Node costs more than so few.
 * Both views must be long enough.
 */
function isSame(
  one: DataView,
  oneStart: number,
  other: DataView,
  otherStart: number,
  length: number,
): boolean {
  const lastWord = length - 4;
  if (lastWord < 0) {
    for (let index = 0; index < length; index += 1)
      if (one.getUint8(oneStart + index) !== other.getUint8(otherStart + index)) return false;
    return true;
  }
  for (let index = 0; index < lastWord; index += 4) {
    if (one.getInt32(oneStart + index, true) !== other.getInt32(otherStart + index, true)) return false;
  }
  return one.getInt32(oneStart + lastWord, true) === other.getInt32(otherStart + lastWord, true);
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
