import { byteRoom } from '../../bytes/byte-room.js';
import type { PackedCells } from '../../record/packed-cells.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Looked at in one go; each of them may be a control character. */
const BLOCK_BYTES = 65_536;
const NUMBER_BYTES = Int32Array.BYTES_PER_ELEMENT;

/**
 * Finds the lines of text that has nothing but whole lines without quotes, by its control characters: the line ends are among
 * them.
 */
export class LinePacker {
  readonly #header: Buffer | undefined;
  /** Used again for every text: memory outside of the heap has V8 look for garbage in all of it. */
  #places = new Int32Array(8_192);
  #filled = 0;

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
    this.#filled = 0;
    let start: number | undefined = 0;
    for (let from = 0; from < text.length && start !== undefined; from += BLOCK_BYTES) {
      start = this.#findIn(text, from, start);
    }
    if (start === undefined || (start < text.length && !this.#add(text, start, text.length)))
      return undefined;
    return { bytes: text, places: this.#places.subarray(0, this.#filled) };
  }

  /** Of a block, from `from` on, in which the line from `start` on ends first: where a line begins that it does not end. */
  #findIn(text: Buffer, from: number, start: number): number | undefined {
    const block = text.subarray(from, from + BLOCK_BYTES);
    if (byteRoom?.begin(block.length * (1 + NUMBER_BYTES), 2) !== true) return undefined;
    const at = byteRoom.lay(block);
    const notes = byteRoom.leave(block.length * NUMBER_BYTES);
    const count = byteRoom.work.findControls(at, at + block.length, notes);
    const found = byteRoom.numbers(notes, count);
    let lineStart = start;
    for (let index = 0; index < count; index += 1) {
      const place = from + (found[index] ?? 0);
      if (text[place] === NEWLINE) {
        const end = place > lineStart && text[place - 1] === CARRIAGE_RETURN ? place - 1 : place;
        if (!this.#add(text, lineStart, end)) return undefined;
        lineStart = place + 1;
      } else if (text[place] !== CARRIAGE_RETURN || text[place + 1] !== NEWLINE) return undefined;
    }
    return lineStart;
  }

  /** False for a line that is not as usual. */
  #add(text: Buffer, start: number, end: number): boolean {
    const length = end - start;
    if (length === 0 || (length === this.#header?.length && this.#isHeader(text, start, end))) return false;
    if (this.#filled + 2 > this.#places.length) this.#grow();
    this.#places[this.#filled] = start;
    this.#places[this.#filled + 1] = end;
    this.#filled += 2;
    return true;
  }

  #isHeader(text: Buffer, start: number, end: number): boolean {
    const header = this.#header;
    if (header === undefined || text[start] !== header[0]) return false;
    return text.compare(header, 0, header.length, start, end) === 0;
  }

  #grow(): void {
    const places = new Int32Array(2 * this.#places.length);
    places.set(this.#places);
    this.#places = places;
  }
}
