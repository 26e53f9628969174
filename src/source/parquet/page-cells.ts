import type { PageHeader } from 'hyparquet';
import { decodeHybrid } from './decode-levels.js';
import { decodeValues, type ValueForm } from './decode-values.js';
import { ParquetProblem } from './parquet-errors.js';
import type { Texts, TextSource } from './texts.js';
import type { UnpackPage } from './unpack-page.js';

/** How the pages of a column are read. */
export interface PageForm extends ValueForm {
  /** How many of the fields that lead to the value may be absent. */
  readonly maxDefinition: number;
  readonly unpack: UnpackPage;
  readonly isPacked: boolean;
}

/** How many rows a page of data has, as its header says; undefined for a page that is none. */
export function rowsOf({
  type,
  data_page_header: v1,
  data_page_header_v2: v2,
}: PageHeader): number | undefined {
  if (type !== 'DATA_PAGE' && type !== 'DATA_PAGE_V2') return undefined;
  const rows = type === 'DATA_PAGE' ? v1?.num_values : v2?.num_values;
  if (rows !== undefined && rows >= 0) return rows;
  throw new ParquetProblem('damaged', 'a page does not say how many rows it has');
}

/** The cells of a page, forward only; what is absent is an empty text. */
export class PageCells {
  readonly #texts: TextSource;
  /** Per row, whether it has a value; undefined: all do. */
  readonly #present: Uint8Array | undefined;
  readonly #rows: number;
  #at = 0;

  private constructor(rows: number, texts: TextSource, present: Uint8Array | undefined) {
    this.#rows = rows;
    this.#texts = texts;
    this.#present = present;
  }

  /** Reads a page of data; `bytes` is all that stands behind its header. */
  static of(header: PageHeader, bytes: Buffer, form: PageForm, dictionary: Texts | undefined): PageCells {
    const rows = rowsOf(header) ?? 0;
    const { maxDefinition } = form;
    const v2 = header.data_page_header_v2;
    if (v2 !== undefined && header.type === 'DATA_PAGE_V2') {
      const levels = v2.definition_levels_byte_length;
      const start = v2.repetition_levels_byte_length;
      const values = start + levels;
      const length = header.uncompressed_page_size - values;
      // A header that is damaged may lack any of them.
      const isWhole = start >= 0 && levels >= 0 && length >= 0 && values <= bytes.length;
      if (!isWhole) throw cutShort();
      const range = { start, end: values };
      const present = maxDefinition === 0 ? undefined : presence(bytes, range, maxDefinition, rows);
      const stored = bytes.subarray(values);
      const isPacked = form.isPacked && v2.is_compressed !== false && length > 0;
      const unpacked = ownMemory(isPacked ? form.unpack(stored, length) : stored);
      return PageCells.#begin(rows, unpacked, 0, { present, encoding: v2.encoding, form, dictionary });
    }
    const v1 = header.data_page_header;
    if (v1 === undefined) throw new ParquetProblem('damaged', 'a page does not say what it is');
    const page = ownMemory(form.unpack(bytes, header.uncompressed_page_size));
    if (maxDefinition === 0) {
      return PageCells.#begin(rows, page, 0, { present: undefined, encoding: v1.encoding, form, dictionary });
    }
    if (v1.definition_level_encoding !== 'RLE')
      throw new ParquetProblem('unknown', 'what is absent is written in an encoding of before 2014');
    if (page.length < 4) throw cutShort();
    const end = 4 + new DataView(page.buffer, page.byteOffset, 4).getUint32(0, true);
    if (end > page.length) throw cutShort();
    const present = presence(page, { start: 4, end }, maxDefinition, rows);
    return PageCells.#begin(rows, page, end, { present, encoding: v1.encoding, form, dictionary });
  }

  static #begin(
    rows: number,
    page: Uint8Array,
    start: number,
    rest: {
      readonly present: Uint8Array | undefined;
      readonly form: ValueForm;
      readonly dictionary: Texts | undefined;
      readonly encoding: Parameters<typeof decodeValues>[2]['encoding'];
    },
  ): PageCells {
    const { present } = rest;
    const count = present === undefined ? rows : present.reduce((sum, one) => sum + one, 0);
    return new PageCells(rows, decodeValues(page, start, { ...rest, count }), present);
  }

  get left(): number {
    return this.#rows - this.#at;
  }

  /** The next cells: at least one of those that are left, at most `count`. */
  take(count: number): Texts {
    const rows = Math.min(count, this.left);
    if (this.#present === undefined) {
      const texts = this.#texts.take(rows);
      this.#at += texts.cells.length;
      return texts;
    }
    const present = this.#present.subarray(this.#at, this.#at + rows);
    const cells: string[] = [];
    let plain = true;
    let taken: readonly string[] = [];
    let next = 0;
    let wanted = present.reduce((sum, one) => sum + one, 0);
    for (const isThere of present) {
      if (isThere === 1 && next === taken.length) {
        const texts = this.#texts.take(wanted);
        taken = texts.cells;
        wanted -= taken.length;
        plain &&= texts.plain;
        next = 0;
      }
      cells.push(isThere === 1 ? (taken[next] ?? '') : '');
      next += isThere;
    }
    this.#at += rows;
    return { cells, plain };
  }

  skip(count: number): void {
    const passed = this.#present?.subarray(this.#at, this.#at + count);
    this.#texts.skip(passed === undefined ? count : passed.reduce((sum, one) => sum + one, 0));
    this.#at += count;
  }
}

/** Which rows have a value. */
function presence(
  bytes: Uint8Array,
  range: { readonly start: number; readonly end: number },
  maxDefinition: number,
  rows: number,
): Uint8Array | undefined {
  const levels = decodeHybrid(bytes, range, 32 - Math.clz32(maxDefinition), rows);
  if (levels.every((level) => level === maxDefinition)) return undefined;
  return Uint8Array.from(levels, (level) => (level === maxDefinition ? 1 : 0));
}

/** Decoders read to the end of the memory that they are given, so there must be nothing else in it. */
function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
}

function cutShort(): ParquetProblem {
  return new ParquetProblem('damaged', 'a page ends in the middle');
}
