import { blankBlocks, RowCollector, type RowBlock } from '../files/row-block.js';
import { blankHeader, blankLine, invalidText, raggedRow, recordTooLong } from './csv-errors.js';
import { BadLine } from '../files/file-errors.js';
import { checkNames } from './csv-header.js';
import { MAX_RECORD_BYTES } from './cut-records.js';
import { decodeText, linesBeforeInvalid } from './decode-text.js';
import type { Dialect } from './dialect.js';
import { DialectParser, type DialectRecord } from './dialect-parser.js';
import { RowJudge } from './row-judge.js';
import { numbered, slotsOf, type RowMaker } from './row-maker.js';
import type { RowMakerOptions } from './standard-rows.js';

const MARK = '\uFEFF';
/** Below the header, to find out why it is none. */
const EXPLAINED_LINES = 50;

interface Columns {
  readonly names: readonly string[];
  readonly count: number;
  readonly slots: readonly (number | undefined)[];
  readonly judge: RowJudge;
}

/** Rows of any other dialect: character by character, with the rules of `StandardRows` for everything but fields. */
export class DialectRows implements RowMaker {
  readonly #options: RowMakerOptions & { readonly dialect: Dialect };
  readonly #parser: DialectParser;
  readonly #decoder: InstanceType<typeof TextDecoder> | undefined;
  /** Of the last chunk, and the bytes of a character that is not whole yet. */
  #text = '';
  #openBytes = 0;
  #atFileStart: boolean;
  #columns: Columns | undefined;
  #blanks = 0;
  #line: number;

  constructor(options: RowMakerOptions & { readonly dialect: Dialect }) {
    const { path, dialect, firstLine, encoding, columns, isContinued } = options;
    this.#options = options;
    this.#line = firstLine;
    this.#parser = new DialectParser({ path, dialect, firstLine });
    if (columns !== undefined) this.#columns = this.#columnsOf(columns);
    this.#atFileStart = !isContinued;
    this.#decoder =
      encoding === 'utf8' ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) : undefined;
  }

  get columns(): readonly string[] | undefined {
    return this.#columns?.names;
  }

  get heldBytes(): number | undefined {
    const { heldLength } = this.#parser;
    if (heldLength > this.#text.length) return undefined;
    const held = this.#text.slice(this.#text.length - heldLength);
    return this.#openBytes + this.#bytesOf(held);
  }

  get line(): number {
    return this.#line;
  }

  get rowsHeldBack(): number {
    return this.#columns?.count === 1 ? this.#blanks : 0;
  }

  get warnings(): readonly string[] {
    return this.#columns?.judge.warnings ?? [];
  }

  push(chunk: Buffer): Generator<RowBlock, void, void> {
    return this.#take(this.#decode(chunk), false);
  }

  finish(): Generator<RowBlock, void, void> {
    return this.#take(this.#decode(undefined), true);
  }

  #decode(chunk: Buffer | undefined): string {
    if (chunk === undefined) return this.#decoded(Buffer.alloc(0), true);
    const text = this.#decoded(chunk, false);
    this.#openBytes += chunk.length - this.#bytesOf(text);
    this.#text = this.#atFileStart && text.startsWith(MARK) ? text.slice(MARK.length) : text;
    if (text !== '') this.#atFileStart = false;
    return this.#text;
  }

  #decoded(chunk: Buffer, isLast: boolean): string {
    const { path, encoding } = this.#options;
    if (this.#decoder === undefined) {
      const text = decodeText(chunk, encoding);
      if (text !== undefined) return text;
      const line = this.#parser.moreLine + linesBeforeInvalid(chunk, encoding);
      throw invalidText({ path, line }, encoding);
    }
    try {
      return this.#decoder.decode(chunk, { stream: !isLast });
    } catch {
      const lossy = new TextDecoder('utf-8').decode(chunk);
      const before = lossy.slice(0, Math.max(0, lossy.indexOf('\uFFFD')));
      throw invalidText({ path, line: this.#parser.moreLine + before.split('\n').length - 1 }, encoding);
    }
  }

  #bytesOf(text: string): number {
    return this.#decoder === undefined ? text.length : Buffer.byteLength(text);
  }

  /** The header is taken at once, rows when they are asked for. */
  #take(text: string, isLast: boolean): Generator<RowBlock, void, void> {
    const records = this.#parser.parse(text, isLast);
    let first: DialectRecord | undefined;
    if (this.#columns === undefined) {
      const step = records.next();
      this.#assertBounded();
      if (step.done !== true) {
        this.#columns = this.#takeHeader(step.value);
        if (!this.#options.hasHeader) first = step.value;
      }
    }
    return this.#rowsOf(records, first);
  }

  *#rowsOf(
    records: Generator<DialectRecord, void, void>,
    first: DialectRecord | undefined,
  ): Generator<RowBlock, void, void> {
    let block: RowCollector | undefined;
    for (let step = first; ; step = undefined) {
      const next = step === undefined ? records.next() : { done: false as const, value: step };
      if (next.done === true) break;
      const record = next.value;
      if (record.isBlank) {
        this.#blanks += 1;
        continue;
      }
      if (this.#blanks > 0) {
        if (block !== undefined) yield block;
        block = undefined;
        yield* this.#blankRows(record.line);
      }
      block ??= this.#newBlock(record.line);
      try {
        if (this.#columns !== undefined) this.#add(block, record, this.#columns);
      } catch (error) {
        this.#refuse(error);
      }
    }
    this.#line = this.#parser.heldLine;
    if (block !== undefined) yield block;
    this.#assertBounded();
  }

  #assertBounded(): void {
    const { recordLength, recordLine: line } = this.#parser;
    if (recordLength > MAX_RECORD_BYTES)
      throw recordTooLong({ path: this.#options.path, line }, MAX_RECORD_BYTES);
  }

  #takeHeader({ cells, line, lines, isBlank }: DialectRecord): Columns {
    const { path, headers, dialect, hasHeader, isLaterPart, firstLine } = this.#options;
    const place = { path, line };
    if (isBlank) throw blankHeader(place);
    const names = hasHeader ? cells : numbered(cells.length);
    const all = this.#text.split('\n');
    const end = line - firstLine + lines;
    checkNames(names, {
      place,
      headers,
      text: `${all.slice(line - firstLine, end).join('\n')}\n`,
      rest: all.slice(end, end + EXPLAINED_LINES).join('\n'),
      delimiter: dialect.delimiter,
      isLaterPart,
      hasHeader,
    });
    return this.#columnsOf(names);
  }

  #columnsOf(names: readonly string[]): Columns {
    const { path, encoding, headers, dialect, accepted, counts = false, hasHeader } = this.#options;
    const judge = new RowJudge({
      path,
      delimiter: dialect.delimiter,
      encoding,
      header: hasHeader ? names : undefined,
      accepted,
      counted: counts ? headers.map((name) => names.indexOf(name)) : [],
    });
    return { names, count: names.length, slots: slotsOf(names, this.#options), judge };
  }

  *#blankRows(line: number): Generator<RowBlock, void, void> {
    const blanks = this.#blanks;
    this.#blanks = 0;
    const { path, wanted } = this.#options;
    const count = this.#columns?.count ?? 1;
    if (count > 1) this.#refuse(blankLine({ path, line: line - blanks }, count));
    else yield* blankBlocks(blanks, line - blanks, wanted.length);
  }

  #refuse(error: unknown): void {
    const { onBadLine } = this.#options;
    if (onBadLine === undefined || !(error instanceof BadLine)) throw error;
    onBadLine(error);
  }

  #newBlock(line: number): RowCollector {
    const block = new RowCollector(line, this.#options.wanted.length);
    block.plain = false;
    return block;
  }

  #add(
    block: RowCollector,
    { cells, line, lines }: DialectRecord,
    { names, count, slots, judge }: Columns,
  ): void {
    const { path } = this.#options;
    if (cells.length !== count) throw raggedRow({ path, line }, { fields: cells, names, isPrinted: false });
    judge.cells(cells, line);
    block.rows += 1;
    for (const [column, cell] of cells.entries()) {
      const slot = slots[column];
      if (slot !== undefined) block.columns[slot]?.push(cell);
    }
    block.spread(lines);
  }
}
