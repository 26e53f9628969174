import { byteRoom } from '../bytes/byte-room.js';
import { cellCount, regionOf, type PackedCells } from '../record/packed-cells.js';
import { closesAnswer, findFirst } from './scan-answer.js';

const QUOTE = 0x22;

/** What is looked at as text: up to the second record, the first token apart, and behind the last token. */
const HEAD_BYTES = 1_024;
const TAIL_BYTES = 256;

/** What stands between two tokens, around the id. */
interface Between {
  readonly beforeId: Buffer;
  readonly afterId: Buffer;
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
    const tokenLength = (tokens.places[1] ?? 0) - (tokens.places[0] ?? 0);
    const head = answer.toString('latin1', 0, Math.min(answer.length, HEAD_BYTES + tokenLength));
    const first = findFirst(head, tokenLength, column);
    // No quote stands behind the one that ends the last token; the one that opens a token ends none.
    const lastQuote = answer.lastIndexOf(QUOTE);
    if (first === undefined || lastQuote < 0 || answer.length - lastQuote > TAIL_BYTES) return false;
    if (!closesAnswer(answer.toString('latin1', lastQuote, answer.length), 0)) return false;
    const { tokenStart, beforeId = '', afterId } = first;
    if (lastQuote < tokenStart || (beforeId === '' && cellCount(tokens) > 1)) return false;
    if (known?.beforeId !== beforeId || known.afterId !== afterId) {
      const between = { beforeId: Buffer.from(beforeId), afterId: Buffer.from(afterId) };
      known = { beforeId, afterId, between };
    }
    return isAsSent(answer.subarray(tokenStart, lastQuote), tokens, known.between);
  };
}

/** Whether the bytes are the tokens, in order, and between each two an id in what stands around it. */
function isAsSent(answer: Buffer, tokens: PackedCells, { beforeId, afterId }: Between): boolean {
  const { places } = tokens;
  const { bytes, start } = regionOf(tokens);
  const length = answer.length + bytes.length + places.byteLength + beforeId.length + afterId.length;
  if (byteRoom?.begin(length, 5) !== true) return false;
  const at = byteRoom.lay(answer);
  const cells = byteRoom.lay(bytes) - start;
  const verdict = byteRoom.work.isAsSent(
    at,
    at + answer.length,
    cellCount(tokens),
    cells,
    byteRoom.layNumbers(places),
    byteRoom.lay(beforeId),
    beforeId.length,
    byteRoom.lay(afterId),
    afterId.length,
  );
  return verdict === 1;
}
