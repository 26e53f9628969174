import { byteRoom } from '../../bytes/byte-room.js';
import type { PackedCells } from '../../record/packed-cells.js';

const CARRIAGE_RETURN = 0x0d;

/** Looked at in one go; a line of one of them, which is the shortest, takes two numbers. */
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
    for (let from = 0; from < text.length && start !== undefined;) {
      let end = Math.min(from + BLOCK_BYTES, text.length);
      // A line end is not divided.
      if (text[end - 1] === CARRIAGE_RETURN && end < text.length) end += 1;
      start = this.#findIn(text, from, end, start);
      from = end;
    }
    if (start === undefined) return undefined;
    if (start < text.length) {
      if (this.#isHeader(text, start, text.length)) return undefined;
      this.#append(Int32Array.of(start, text.length));
    }
    return { bytes: text, places: this.#places.subarray(0, this.#filled) };
  }

  /** Of a block, from `from` to `end`, in which the line from `start` on ends first: where a line begins that it does not end. */
  #findIn(text: Buffer, from: number, end: number, start: number): number | undefined {
    const length = end - from;
    if (byteRoom?.begin(length * (1 + NUMBER_BYTES), 2) !== true) return undefined;
    const at = byteRoom.lay(text.subarray(from, end));
    const notes = byteRoom.leave(length * NUMBER_BYTES);
    const headerLength = this.#header?.length ?? -1;
    const found = byteRoom.work.findLines(at, at + length, notes, from, start, headerLength);
    if (found < 0) return undefined;
    const places = byteRoom.numbers(notes, found & ~1);
    const last = places[places.length - 1];
    if (last === undefined) return start;
    if ((found & 1) !== 0 && this.#hasHeader(text, places)) return undefined;
    this.#append(places);
    return text[last] === CARRIAGE_RETURN ? last + 2 : last + 1;
  }

  #hasHeader(text: Buffer, places: Int32Array): boolean {
    for (let index = 0; index < places.length; index += 2) {
      if (this.#isHeader(text, places[index] ?? 0, places[index + 1] ?? 0)) return true;
    }
    return false;
  }

  #isHeader(text: Buffer, start: number, end: number): boolean {
    const header = this.#header;
    return end - start === header?.length && text.compare(header, 0, header.length, start, end) === 0;
  }

  #append(places: Int32Array): void {
    const end = this.#filled + places.length;
    if (end > this.#places.length) {
      const larger = new Int32Array(Math.max(end, 2 * this.#places.length));
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places.set(places, this.#filled);
    this.#filled = end;
  }
}
