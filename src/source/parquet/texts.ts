import { isUtf8 } from 'node:buffer';
import { ParquetProblem } from './parquet-errors.js';
import type { ToText } from './to-text.js';

/** Texts in their order, and whether all of them are free of what JSON escapes. */
export interface Texts {
  readonly cells: string[];
  readonly plain: boolean;
}

/** The values of a page as texts, forward only; absent ones are not among them. */
export interface TextSource {
  /** At least one and at most `count`, which is no more than are left. */
  take(count: number): Texts;
  skip(count: number): void;
}

const SCRATCH_BYTES = 262_144;
/** As long as a record of a CSV file may be. */
const MAX_TEXT_BYTES = 67_108_864;

const BEYOND_ASCII = 1;
const ESCAPED = 2;
const marks = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? BEYOND_ASCII : byte < 0x20 || byte === 0x22 || byte === 0x5c ? ESCAPED : 0,
);
/** Shared by all: nothing stays in it. */
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Texts as they stand in a page, each behind its length, or behind all of the lengths. Making a string costs the same for
 * ten characters as for many thousands, so those of many cells are made at once, and cut.
 */
export class StoredTexts implements TextSource {
  readonly #page: Uint8Array;
  readonly #lengths: Int32Array | undefined;
  #at: number;
  #index = 0;

  constructor(page: Uint8Array, start: number, lengths?: Int32Array) {
    this.#page = page;
    this.#at = start;
    this.#lengths = lengths;
  }

  take(count: number): Texts {
    const page = this.#page;
    const ends: number[] = [];
    let found = 0;
    let filled = 0;
    while (ends.length < count) {
      const length = this.#nextLength();
      if (filled + length > SCRATCH_BYTES) {
        if (ends.length > 0) {
          this.#giveBack();
          break;
        }
        return this.#takeLong(length);
      }
      const until = this.#at + length;
      for (let at = this.#at; at < until; at += 1) {
        const byte = page[at] ?? 0;
        found |= marks[byte] ?? 0;
        scratch[filled] = byte;
        filled += 1;
      }
      this.#at = until;
      ends.push(filled);
    }
    const plain = (found & ESCAPED) === 0;
    return { cells: (found & BEYOND_ASCII) === 0 ? cutAscii(ends, filled) : cutUtf8(ends), plain };
  }

  skip(count: number): void {
    for (let done = 0; done < count; done += 1) {
      // It goes past the length itself, so it comes before the sum.
      const length = this.#nextLength();
      this.#at += length;
    }
  }

  /** Of the text that begins at `#at` then. */
  #nextLength(): number {
    let length: number;
    if (this.#lengths === undefined) {
      const page = this.#page;
      const at = this.#at;
      if (at + 4 > page.length) throw cutShort();
      // Beyond 2 GiB it is negative, and no length either.
      length =
        (page[at] ?? 0) |
        ((page[at + 1] ?? 0) << 8) |
        ((page[at + 2] ?? 0) << 16) |
        ((page[at + 3] ?? 0) << 24);
      this.#at = at + 4;
    } else {
      length = this.#lengths[this.#index] ?? -1;
      this.#index += 1;
    }
    if (length < 0 || this.#at + length > this.#page.length) throw cutShort();
    return length;
  }

  #giveBack(): void {
    if (this.#lengths === undefined) this.#at -= 4;
    else this.#index -= 1;
  }

  #takeLong(length: number): Texts {
    if (length > MAX_TEXT_BYTES) throw new ParquetProblem('unknown', 'a text is longer than 64 MiB');
    const { buffer, byteOffset } = this.#page;
    const bytes = Buffer.from(buffer, byteOffset + this.#at, length);
    this.#at += length;
    return { cells: [asUtf8(bytes, 0, length)], plain: false };
  }
}

function cutAscii(ends: readonly number[], filled: number): string[] {
  const text = scratch.toString('latin1', 0, filled);
  let start = 0;
  return ends.map((end) => {
    const cell = text.substring(start, end);
    start = end;
    return cell;
  });
}

function cutUtf8(ends: readonly number[]): string[] {
  let start = 0;
  return ends.map((end) => {
    const cell = asUtf8(scratch, start, end);
    start = end;
    return cell;
  });
}

/** What is not UTF-8 becomes U+FFFD, which may also stand there rightly. */
function asUtf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end))) {
    throw new ParquetProblem('not UTF-8', 'not UTF-8');
  }
  return text;
}

/** Values that are made texts one by one. */
export class MadeTexts implements TextSource {
  readonly #values: ArrayLike<unknown>;
  readonly #toText: ToText;
  #at = 0;

  constructor(values: ArrayLike<unknown>, toText: ToText) {
    this.#values = values;
    this.#toText = toText;
  }

  take(count: number): Texts {
    const from = this.#at;
    this.#at += count;
    const cells = Array.from({ length: count }, (_, index) => this.#toText(this.#values[from + index]));
    return { cells, plain: cells.every(isPlain) };
  }

  skip(count: number): void {
    this.#at += count;
  }
}

/** Texts of a dictionary, by their numbers in it. */
export class ListedTexts implements TextSource {
  readonly #indexes: Uint32Array;
  readonly #dictionary: Texts;
  #at = 0;

  constructor(indexes: Uint32Array, dictionary: Texts) {
    this.#indexes = indexes;
    this.#dictionary = dictionary;
  }

  take(count: number): Texts {
    const { cells: listed, plain } = this.#dictionary;
    const cells = new Array<string>(count);
    for (let index = 0; index < count; index += 1) {
      const cell = listed[this.#indexes[this.#at + index] ?? 0];
      if (cell === undefined) throw new ParquetProblem('damaged', 'a value is not in its dictionary');
      cells[index] = cell;
    }
    this.#at += count;
    return { cells, plain };
  }

  skip(count: number): void {
    this.#at += count;
  }
}

/** All that a source holds, for a dictionary. */
export function takeAll(source: TextSource, count: number): Texts {
  const cells: string[] = [];
  let plain = true;
  while (cells.length < count) {
    const taken = source.take(count - cells.length);
    for (const cell of taken.cells) cells.push(cell);
    plain &&= taken.plain;
  }
  return { cells, plain };
}

function isPlain(cell: string): boolean {
  return !/["\\\p{Cc}]/u.test(cell);
}

function cutShort(): ParquetProblem {
  return new ParquetProblem('damaged', 'a page ends in the middle');
}
