const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const NO_WORDS = new Int32Array(0);

/**
 * How many control characters (bytes below a space) a text has. Looked for here, in text that is still in one piece,
 * it costs a fifth of what it does cell by cell.
 */
export function countControls(text: Buffer): number {
  const { buffer, byteOffset, length } = text;
  // Words begin at multiples of four bytes; a text may end before the first of them.
  const head = Math.min(length, -byteOffset & 3);
  const wordCount = (length - head) >>> 2;
  const words = wordCount === 0 ? NO_WORDS : new Int32Array(buffer, byteOffset + head, wordCount);
  let controls = countSingly(text, 0, head) + countSingly(text, head + wordCount * 4, length);
  for (let index = 0; index < wordCount; index += 1) {
    const word = words[index] ?? 0;
    // A control character is a byte without its three highest bits.
    const found = ~(word | (word << 1) | (word << 2)) & HIGH_BITS;
    if (found !== 0) controls += Math.imul(found >>> 7, EACH_BYTE) >>> 24;
  }
  return controls;
}

function countSingly(text: Buffer, start: number, end: number): number {
  let controls = 0;
  for (let index = start; index < end; index += 1) if ((text[index] ?? 0) < 0x20) controls += 1;
  return controls;
}
