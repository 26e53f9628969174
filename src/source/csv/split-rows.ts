import { isAscii, isUtf8 } from 'node:buffer';
import { cellCount } from '../../record/packed-cells.js';
import { countControls } from './count-controls.js';
import { blankLine, brokenQuote, headerAgain, invalidText, raggedRow, strayReturnAt } from './csv-errors.js';
import type { RecordSpan } from './cut-records.js';
import { countNewlines, decodeText, linesBeforeInvalid } from './decode-text.js';
import { LineBlock } from './line-block.js';
import { isFooter, isRule } from './oddities.js';
import { LinePacker } from './pack-lines.js';
import { parseRecord, parseRecords } from './parse-records.js';
import type { ChunkEncoding } from './read-chunks.js';
import type { RowJudge } from './row-judge.js';
import { blankBlocks, RowCollector, type RowBlock } from '../files/row-block.js';

const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;

interface SplitOptions {
  readonly path: string;
  readonly delimiter: string;
  readonly encoding: ChunkEncoding;
  readonly names: readonly string[];
  readonly columnCount: number;
  /** For each column of the file the slot its cells go to; undefined for a column nobody wants. */
  readonly slots: readonly (number | undefined)[];
  readonly slotCount: number;
  /** The physical line on which the first part begins. */
  readonly firstLine: number;
  readonly judge: RowJudge;
}

interface QuotedRecord {
  readonly row: number;
  readonly line: number;
  readonly text: string;
}

/**
 * Turns whole records into columns of cells: lines without quotes by hand, records with quotes by csv-parse.
 *
 * A blank line counts only once something follows it: until then it is held back in `#blanks`, which is at the
 * same time the number of lines right before `#line` that no block has yet. So blank lines at the end of the
 * file are nothing, before it they are rows with an empty cell (one column) or an error (several).
 */
export class RowSplitter {
  readonly #options: SplitOptions;
  readonly #delimiter: Buffer;
  readonly #packer: LinePacker;
  #latest: LineBlock | undefined;
  #line: number;
  #blanks = 0;

  constructor(options: SplitOptions) {
    this.#options = options;
    this.#line = options.firstLine;
    this.#delimiter = Buffer.from(options.delimiter);
    const { headerLine } = options.judge;
    this.#packer = new LinePacker(headerLine === undefined ? undefined : Buffer.from(headerLine));
  }

  /** The physical line on which the next part begins. */
  get line(): number {
    return this.#line;
  }

  /** Rows before `line` that no block has yet. */
  get rowsHeldBack(): number {
    return this.#options.columnCount === 1 ? this.#blanks : 0;
  }

  /** Blank lines right before `line`. */
  get blanks(): number {
    return this.#blanks;
  }

  /** The bytes of the parts that came last are about to be overwritten. */
  expire(): void {
    this.#latest?.expire();
    this.#latest = undefined;
  }

  /** The rows of these parts, after the blank rows that were held back before them. */
  *split(parts: readonly RecordSpan[]): Generator<RowBlock, void, void> {
    const usual = this.#usualLines(parts);
    if (usual !== undefined) {
      yield usual;
      return;
    }
    const { columnCount, slotCount, judge } = this.#options;
    const firstLine = this.#line;
    const heldBack = columnCount === 1 ? this.#blanks : 0;
    this.#blanks -= heldBack;
    const block = new RowCollector(firstLine, slotCount);
    const quoted: QuotedRecord[] = [];
    for (const part of parts) {
      if (part.quoted) quoted.push(this.#hole(part.bytes, block));
      else {
        const { bytes } = part;
        const text = this.#decode(bytes);
        const line = this.#line;
        const expected =
          columnCount === 1 ? this.#splitOneColumn(text, block) : this.#splitColumns(text, block);
        const isOdd = countControls(bytes) !== expected;
        judge.lines(bytes, { line, isOdd, text: () => text });
        // Cells of such lines stand in JSON as they are.
        block.plain &&= !isOdd && !bytes.includes(BACKSLASH);
      }
    }
    if (quoted.length > 0) this.#fillHoles(quoted, block);
    if (block.rows === 0) {
      this.#blanks += heldBack;
      return;
    }
    yield* blankBlocks(heldBack, firstLine - heldBack, slotCount);
    yield block;
  }

  /** Lines of one column about which there is nothing to say, as nearly all are; undefined for any others. */
  #usualLines(parts: readonly RecordSpan[]): RowBlock | undefined {
    const { columnCount, encoding, slotCount, judge } = this.#options;
    const [part] = parts;
    if (part === undefined || parts.length > 1 || part.quoted || this.#blanks > 0) return undefined;
    if (columnCount > 1 || (slotCount !== 0 && slotCount !== 1)) return undefined;
    const { bytes } = part;
    if (bytes.includes(this.#delimiter)) return undefined;
    // Cells of such lines stand in JSON as they are.
    if (slotCount > 0 && bytes.includes(BACKSLASH)) return undefined;
    if (!isAscii(bytes) && (encoding !== 'utf8' || !isUtf8(bytes))) return undefined;
    const cells = this.#packer.pack(bytes);
    if (cells === undefined || cellCount(cells) === 0) return undefined;
    const firstLine = this.#line;
    judge.lines(bytes, { line: firstLine, isOdd: false, text: () => this.#decode(bytes) });
    this.#latest = new LineBlock(cells, { firstLine, hasCells: slotCount > 0 });
    this.#line += this.#latest.rows;
    return this.#latest;
  }

  /** Returns how many control characters there ought to be: the line ends. */
  #splitOneColumn(text: string, block: RowCollector): number {
    const { delimiter, judge } = this.#options;
    const { headerLine } = judge;
    const headerLength = headerLine?.length;
    const stray = text.indexOf(delimiter);
    if (stray >= 0) throw this.#raggedAt(text, text.lastIndexOf('\n', stray) + 1);
    const cells = block.columns[this.#options.slots[0] ?? -1];
    const length = text.length;
    let { rows } = block;
    let blanks = this.#blanks;
    let lines = 0;
    let lineEndBytes = 0;
    for (let start = 0; start < length; lines += 1) {
      const newline = text.indexOf('\n', start);
      let end = newline;
      if (newline < 0) end = length;
      else if (newline > start && text.charCodeAt(newline - 1) === CARRIAGE_RETURN) end -= 1;
      if (end === start) blanks += 1;
      else {
        if (end - start === headerLength && text.startsWith(headerLine ?? '', start))
          throw this.#headerAgain(this.#line + lines);
        rows += blanks + 1;
        for (; blanks > 0; blanks -= 1) cells?.push('');
        cells?.push(text.slice(start, end));
      }
      const nextStart = newline < 0 ? length : newline + 1;
      lineEndBytes += nextStart - end;
      start = nextStart;
    }
    block.rows = rows;
    this.#blanks = blanks;
    this.#line += lines;
    return lineEndBytes;
  }

  /** Returns how many control characters there ought to be: line ends, and delimiters if they are some. */
  #splitColumns(text: string, block: RowCollector): number {
    const { delimiter, slots, columnCount, judge } = this.#options;
    const { headerLine } = judge;
    const headerLength = headerLine?.length;
    const controlDelimiters = delimiter < ' ' ? columnCount - 1 : 0;
    const { columns } = block;
    const length = text.length;
    let lines = 0;
    let controls = 0;
    for (let start = 0; start < length; lines += 1) {
      const newline = text.indexOf('\n', start);
      let end = newline;
      if (newline < 0) end = length;
      else if (newline > start && text.charCodeAt(newline - 1) === CARRIAGE_RETURN) end -= 1;
      if (end === start) this.#blanks += 1;
      else {
        if (this.#blanks > 0) throw this.#blankBefore(this.#line + lines);
        if (end - start === headerLength && text.startsWith(headerLine ?? '', start))
          throw this.#headerAgain(this.#line + lines);
        let column = 0;
        for (let at = start; ; column += 1) {
          let next = text.indexOf(delimiter, at);
          if (next < 0 || next > end) next = end;
          const slot = slots[column];
          if (slot !== undefined) columns[slot]?.push(text.slice(at, next));
          if (next === end) break;
          at = next + 1;
        }
        if (column + 1 !== columnCount) throw this.#raggedAt(text, start);
        block.rows += 1;
        controls += controlDelimiters;
      }
      const nextStart = newline < 0 ? length : newline + 1;
      controls += nextStart - end;
      start = nextStart;
    }
    this.#line += lines;
    return controls;
  }

  /** Makes room for a record with quotes, which is read later together with its like. */
  #hole(bytes: Buffer, block: RowCollector): QuotedRecord {
    block.plain = false;
    if (this.#blanks > 0 && this.#options.columnCount > 1) throw this.#blankBefore(this.#line);
    for (; this.#blanks > 0; this.#blanks -= 1) {
      for (const cells of block.columns) cells.push('');
      block.rows += 1;
    }
    for (const cells of block.columns) cells.push('');
    block.rows += 1;
    const record = { row: block.rows - 1, line: this.#line, text: this.#decode(bytes) };
    this.#options.judge.record(bytes, record.text, record.line);
    const lines = countNewlines(bytes);
    block.spread(lines);
    this.#line += lines;
    return record;
  }

  /** One call for all: starting csv-parse costs as much as some ten records. */
  #fillHoles(quoted: readonly QuotedRecord[], block: RowCollector): void {
    const { path, delimiter, names, columnCount, slots, judge } = this.#options;
    const together = parseRecords(quoted.map(({ text }) => text).join(''), delimiter);
    const records = together?.length === quoted.length ? together : undefined;
    for (const [index, { row, line, text }] of quoted.entries()) {
      // If one of them is broken, each is read alone until it is found.
      const fields = records === undefined ? parseRecord(text, delimiter) : records[index];
      if (fields === undefined) throw brokenQuote({ path, line });
      if (fields.length !== columnCount) throw raggedRow({ path, line }, { fields, names, isPrinted: false });
      judge.fields(fields, line);
      for (const [column, field] of fields.entries()) {
        const cells = block.columns[slots[column] ?? -1];
        if (cells !== undefined) cells[row] = field;
      }
    }
  }

  #decode(bytes: Buffer): string {
    const { path, encoding } = this.#options;
    const text = decodeText(bytes, encoding);
    if (text !== undefined) return text;
    throw invalidText({ path, line: this.#line + linesBeforeInvalid(bytes, encoding) }, encoding);
  }

  #raggedAt(text: string, start: number): Error {
    const { path, delimiter, names } = this.#options;
    const lineEnd = text.indexOf('\n', start);
    const row = text.slice(start, lineEnd < 0 ? undefined : lineEnd);
    const place = { path, line: this.#line + text.slice(0, start).split('\n').length - 1 };
    if (row.slice(0, -1).includes('\r')) return strayReturnAt(place);
    const fields = row.replace(/\r$/, '').split(delimiter);
    return raggedRow(place, { fields, names, isPrinted: isFooter(row) || isRule(row) });
  }

  #headerAgain(line: number): Error {
    return headerAgain({ path: this.#options.path, line });
  }

  #blankBefore(line: number): Error {
    const { path, columnCount } = this.#options;
    return blankLine({ path, line: line - this.#blanks }, columnCount);
  }
}
