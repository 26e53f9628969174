import type { PackedCells } from '../../record/packed-cells.js';

const HIGH_BITS = 0x80808080 | 0;
const SPACES = 0x20202020;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** In a word of four bytes the first one must have the lowest bits. */
const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * Finds the lines of text that has nothing but whole lines without quotes. Four bytes at a time, as control characters are
 * counted: the line ends are among them.
 */
export class LinePacker {
  readonly #header: Buffer | undefined;
  /** Used again for every text: memory outside of the heap has V8 look for garbage in all of it. */
  #places = new Int32Array(8_192);

  /** `header`: a line that must not come again. */
  constructor(header: Buffer | undefined) {
    this.#header = header;
  }

  /**
   * The lines without their ends, where they stand in the text; valid until the next ones are asked for, or the text is
   * another one. Undefined where there is anything to look at: a blank line, a control character that is no line end,
   * the header. That says nothing yet.
   */
  pack(text: Buffer): PackedCells | undefined {
    // Whole words must be around it.
    if (!isLittleEndian || text.buffer.byteLength % 4 !== 0) return undefined;
    const filled = this.#findIn(text);
    return filled === undefined ? undefined : { bytes: text, places: this.#places.subarray(0, filled) };
  }

  /** How many places there are; undefined when a line is not as usual. */
  #findIn(text: Buffer): number | undefined {
    const { buffer, byteOffset, length } = text;
    const headerLength = this.#header?.length ?? -1;
    const head = byteOffset % 4;
    const wordCount = (head + length + 3) >>> 2;
    const words = new Int32Array(buffer, byteOffset - head, wordCount);
    const lastWord = wordCount - 1;
    const tail = (head + length) % 4;
    // What belongs to others in the first and the last word is taken for spaces.
    const behind = tail === 0 ? 0 : SPACES & (-1 << (8 * tail));
    let foreign = SPACES & ~(-1 << (8 * head));
    let places = this.#places;
    let filled = 0;
    let start = 0;
    for (let index = 0; index < wordCount; index += 1) {
      if (index === lastWord) foreign |= behind;
      const word = (words[index] ?? 0) | foreign;
      foreign = 0;
      // A control character is a byte without its three highest bits.
      let controls = ~(word | (word << 1) | (word << 2)) & HIGH_BITS;
      while (controls !== 0) {
        const lowest = controls & -controls;
        controls ^= lowest;
        const at = (index << 2) - head + ((31 - Math.clz32(lowest)) >>> 3);
        const byte = text[at];
        if (byte === NEWLINE) {
          const end = at > start && text[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
          if (end === start || (end - start === headerLength && this.#isHeader(text, start, end)))
            return undefined;
          if (filled + 4 > places.length) places = this.#grown();
          places[filled] = start;
          places[filled + 1] = end;
          filled += 2;
          start = at + 1;
        } else if (byte !== CARRIAGE_RETURN || text[at + 1] !== NEWLINE) return undefined;
      }
    }
    if (start === length) return filled;
    if (this.#isHeader(text, start, length)) return undefined;
    places[filled] = start;
    places[filled + 1] = length;
    return filled + 2;
  }

  #isHeader(text: Buffer, start: number, end: number): boolean {
    const header = this.#header;
    if (header?.length !== end - start || text[start] !== header[0]) return false;
    return text.compare(header, 0, header.length, start, end) === 0;
  }

  #grown(): Int32Array<ArrayBuffer> {
    const places = new Int32Array(2 * this.#places.length);
    places.set(this.#places);
    this.#places = places;
    return places;
  }
}
