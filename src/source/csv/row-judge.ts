import { headerAgain, markAt, nulAt, strayReturnAt } from './csv-errors.js';
import { countNewlines, decodeText } from './decode-text.js';
import type { ChunkEncoding } from './read-chunks.js';
import {
  describeOddRows,
  isControlsOnly,
  isFooter,
  isRule,
  readsAsHeaders,
  strayReturn,
  utf8Character,
  type Oddity,
  type OddRows,
} from './oddities.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const MARK = '\uFEFF';
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const beyondAscii = /[^\0-\x7f]/;

export interface RowJudgeOptions {
  readonly path: string;
  readonly delimiter: string;
  /** Undefined: the file has none. */
  readonly header: readonly string[] | undefined;
  readonly encoding: ChunkEncoding;
  readonly accepted: ReadonlySet<Oddity>;
  /** Columns whose cells are counted when they consist of control characters; without any nothing is counted. */
  readonly counted: readonly number[];
}

/**
 * Looks for what is hardly ever meant as data. A part without any costs a few searches in its bytes; `isOdd` says
 * that there are more control characters than line ends and delimiters.
 */
export class RowJudge {
  readonly rows: OddRows = {
    controlCells: 0,
    firstControlLine: undefined,
    headerLine: undefined,
    ruleLine: undefined,
    foreignLine: undefined,
    utf8Line: undefined,
    footerLine: undefined,
  };
  /** The header as a line without quotes would have it; undefined when such a line is meant. */
  readonly headerLine: string | undefined;
  readonly #options: RowJudgeOptions;
  /** Undefined when such a row is meant, or there is none. */
  readonly #sortedHeader: string | undefined;
  #hasRows = false;
  #mayBeUtf8 = true;
  /** The line of the first row. */
  #firstLine: number | undefined;

  constructor(options: RowJudgeOptions) {
    this.#options = options;
    this.headerLine = options.accepted.has('header_row')
      ? undefined
      : options.header?.join(options.delimiter);
    this.#sortedHeader = this.headerLine === undefined ? undefined : sorted(options.header ?? []);
  }

  /** Whole lines without quotes, the first of them on `line`. Their text is mostly not asked for. */
  lines(
    bytes: Buffer,
    { line, isOdd, text: decode }: { line: number; isOdd: boolean; text: () => string },
  ): void {
    const { path, accepted, counted, delimiter, encoding } = this.#options;
    if (this.#firstLine === undefined) {
      const [first = ''] = decode()
        .replace(/^[\r\n]+/, '')
        .split(/\r?\n/, 1);
      this.#first(first.split(delimiter), line);
    }
    if (!accepted.has('bom')) {
      const at = markOfLine(bytes);
      if (at >= 0) throw markAt({ path, line: line + countNewlines(bytes.subarray(0, at)) });
    }
    if (isOdd) {
      const text = decode();
      this.#refuseNul(text, line);
      const at = text.search(/\r(?!\n)/);
      if (at >= 0) throw strayReturnAt({ path, line: line + newlinesIn(text.slice(0, at)) });
      if (counted.length > 0) this.#countControls(text, line);
    }
    if (counted.length === 0) return;
    this.#lookAtLetters(decode, line);
    // Of all that comes the last line alone is looked at, once there was a first one: a text of everything would be garbage.
    const start = this.#hasRows ? startOfLastLine(bytes) : 0;
    const rest = start === 0 ? decode() : (decodeText(bytes.subarray(start), encoding) ?? '');
    this.#lookAround(rest, () => line + countNewlines(bytes.subarray(0, start)));
  }

  /** A record with quotes. */
  record(bytes: Buffer, text: string, line: number): void {
    const { path, counted, accepted } = this.#options;
    if (!accepted.has('bom') && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      throw markAt({ path, line });
    this.#firstLine ??= line;
    this.#refuseNul(text, line);
    if (text.includes('\r')) {
      const at = strayReturn(text);
      if (at >= 0) throw strayReturnAt({ path, line: line + newlinesIn(text.slice(0, at)) });
    }
    if (counted.length === 0) return;
    this.#lookAtLetters(() => text, line);
    this.#hasRows = true;
    this.rows.footerLine = undefined;
  }

  /** The cells of a record with quotes. */
  fields(fields: readonly string[], line: number): void {
    const { path, header, accepted, counted } = this.#options;
    this.#firstLine ??= line;
    if (line === this.#firstLine) this.#first(fields, line);
    const isHeader = header !== undefined && fields.every((field, column) => field === header[column]);
    if (isHeader && !accepted.has('header_row')) throw headerAgain({ path, line });
    for (const column of counted) if (isControlsOnly(fields[column] ?? '')) this.#count(line);
  }

  /** A row of a dialect, in cells alone. */
  cells(cells: readonly string[], line: number): void {
    const { path, accepted, counted } = this.#options;
    const [first = ''] = cells;
    if (first.startsWith(MARK) && !accepted.has('bom')) throw markAt({ path, line });
    for (const cell of cells) this.#refuseNul(cell, line);
    this.fields(cells, line);
    if (counted.length === 0) return;
    const row = cells.join(this.#options.delimiter);
    this.#lookAtLetters(() => row, line);
    this.#lookAround(row, () => line);
  }

  /** The header in another order, as a part has it that is said to have none, is no row; nor is one where none is expected. */
  #first(fields: readonly string[], line: number): void {
    this.#firstLine = line;
    const { path, header, accepted } = this.#options;
    if (this.#sortedHeader !== undefined && sorted(fields) === this.#sortedHeader)
      throw headerAgain({ path, line });
    if (header === undefined && !accepted.has('header_row') && readsAsHeaders(fields))
      this.rows.headerLine = line;
  }

  /** What is hardly meant in the rows so far, in words. */
  get warnings(): string[] {
    return describeOddRows(this.#options.path, this.rows, this.#options.accepted);
  }

  #refuseNul(text: string, line: number): void {
    if (this.#options.accepted.has('nul')) return;
    const at = text.indexOf('\0');
    if (at >= 0) throw nulAt({ path: this.#options.path, line: line + newlinesIn(text.slice(0, at)) });
  }

  #countControls(text: string, firstLine: number): void {
    const { delimiter, counted } = this.#options;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const cells = line.split(delimiter);
      for (const column of counted) if (isControlsOnly(cells[column] ?? '')) this.#count(firstLine + index);
    }
  }

  #count(line: number): void {
    this.rows.controlCells += 1;
    this.rows.firstControlLine ??= line;
  }

  /** Letters that their encoding does not have, or that are pieces of those of another one. */
  #lookAtLetters(decode: () => string, line: number): void {
    const { encoding } = this.#options;
    if (encoding !== 'latin1' && encoding !== 'windows-1252') return;
    const text = decode();
    const at = text.search(beyondAscii);
    if (at < 0) return;
    const lineOf = (index: number): number => line + newlinesIn(text.slice(0, index));
    if (this.#mayBeUtf8) this.rows.utf8Line ??= lineOf(at);
    if (this.#mayBeUtf8 && beyondAscii.test(text.replaceAll(utf8Character, ''))) {
      this.#mayBeUtf8 = false;
      this.rows.utf8Line = undefined;
    }
    if (encoding === 'windows-1252' || this.rows.foreignLine !== undefined) return;
    const foreign = text.search(/[\u0080-\u009f]/);
    if (foreign >= 0) this.rows.foreignLine = lineOf(foreign);
  }

  /** What programs print around a result: a rule below the header, a count behind the last row. */
  #lookAround(text: string, firstLine: () => number): void {
    const end = text.trimEnd().length;
    if (end === 0) return;
    const last = text.slice(text.lastIndexOf('\n', end - 1) + 1, end);
    if (!this.#hasRows) {
      const [first = ''] = text.split('\n', 1);
      if (isRule(first)) this.rows.ruleLine = firstLine();
    }
    this.#hasRows = true;
    const before = text.slice(0, end - last.length);
    this.rows.footerLine = isFooter(last) ? firstLine() + newlinesIn(before) : undefined;
  }
}

/** Where a line begins with a byte order mark; -1 when none does. */
function markOfLine(bytes: Buffer): number {
  let at = bytes.indexOf(BYTE_ORDER_MARK);
  while (at > 0 && bytes[at - 1] !== NEWLINE) at = bytes.indexOf(BYTE_ORDER_MARK, at + 1);
  return at;
}

/** Where the last line begins that has more in it than blanks; 0 when none has. */
function startOfLastLine(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= SPACE) end -= 1;
  return bytes.subarray(0, end).lastIndexOf(NEWLINE) + 1;
}

function sorted(fields: readonly string[]): string {
  return [...fields].sort().join('\n');
}

function newlinesIn(text: string): number {
  return text.split('\n').length - 1;
}
