import { BadLine, type OnBadLine } from '../files/file-errors.js';
import { nameBadLines } from './bad-lines.js';
import { brokenQuote, markAt, recordTooLong } from './csv-errors.js';
import { divideAfterHeader, readHeader } from './csv-header.js';
import { MAX_RECORD_BYTES, RecordCutter, type CutRecords, type RecordSpan } from './cut-records.js';
import { encodeCharacter } from './decode-text.js';
import type { Oddity } from './oddities.js';
import type { ChunkEncoding } from './read-chunks.js';
import type { RowBlock } from '../files/row-block.js';
import { RowJudge } from './row-judge.js';
import { slotsOf, type RowMaker, type WantedColumns } from './row-maker.js';
import { RowSplitter } from './split-rows.js';

export interface RowMakerOptions extends WantedColumns {
  readonly path: string;
  readonly encoding: ChunkEncoding;
  /** False: columns are named by their numbers. */
  readonly hasHeader: boolean;
  /** The columns, where they are known: the text begins with a row. */
  readonly columns?: readonly string[] | undefined;
  /** Other parts were read before it. */
  readonly isLaterPart: boolean;
  /** The text does not begin where its file does. */
  readonly isContinued: boolean;
  /** The physical line on which the text begins. */
  readonly firstLine: number;
  readonly accepted: ReadonlySet<Oddity>;
  /** Told of each line that is no row; without it the first one is thrown. */
  readonly onBadLine?: OnBadLine | undefined;
}

/** Rows of plain CSV: one character between fields, double quotes around them. */
export class StandardRows implements RowMaker {
  readonly #options: RowMakerOptions & { readonly delimiter: string };
  readonly #cutter: RecordCutter;
  #columns: readonly string[] | undefined;
  #splitter: RowSplitter | undefined;
  #judge: RowJudge | undefined;
  #splitterAt: ((firstLine: number) => RowSplitter) | undefined;

  constructor(options: RowMakerOptions & { readonly delimiter: string }) {
    const { delimiter, encoding, columns, firstLine } = options;
    this.#options = options;
    this.#cutter = new RecordCutter(encodeCharacter(delimiter, encoding), options);
    if (columns !== undefined) this.#takeColumns(columns, firstLine);
  }

  get columns(): readonly string[] | undefined {
    return this.#columns;
  }

  get heldBytes(): number {
    return this.#cutter.heldBytes;
  }

  get line(): number {
    return this.#splitter?.line ?? this.#options.firstLine;
  }

  get rowsHeldBack(): number {
    return this.#splitter?.rowsHeldBack ?? 0;
  }

  get warnings(): readonly string[] {
    return this.#judge?.warnings ?? [];
  }

  expire(): void {
    this.#splitter?.expire();
  }

  push(chunk: Buffer): Generator<RowBlock, void, void> {
    this.expire();
    return this.#rowsFrom(this.#cutter.push(chunk));
  }

  finish(): Generator<RowBlock, void, void> {
    this.expire();
    return this.#rowsFrom(this.#cutter.finish());
  }

  /** The header is taken at once, rows when they are asked for. */
  #rowsFrom({ parts, fault }: CutRecords): Generator<RowBlock, void, void> {
    const rest = this.#splitter === undefined ? this.#takeHeader(parts) : parts;
    if (this.#splitter === undefined && fault !== undefined) throw this.#faultAt(this.line, fault);
    return this.#rowsOf(rest, fault);
  }

  *#rowsOf(parts: readonly RecordSpan[], fault: CutRecords['fault']): Generator<RowBlock, void, void> {
    if (this.#splitter !== undefined) yield* this.#split(this.#splitter, parts);
    if (fault !== undefined) throw this.#faultAt(this.line, fault);
  }

  *#split(splitter: RowSplitter, parts: readonly RecordSpan[]): Generator<RowBlock, void, void> {
    const { onBadLine } = this.#options;
    const splitterAt = this.#splitterAt;
    const { line, blanks } = splitter;
    try {
      yield* splitter.split(parts);
    } catch (error) {
      if (onBadLine === undefined || splitterAt === undefined || !(error instanceof BadLine)) throw error;
      this.#splitter = nameBadLines(parts, { line, blanks, splitterAt, onBadLine });
    }
  }

  #takeHeader(parts: readonly RecordSpan[]): readonly RecordSpan[] {
    const divided = divideAfterHeader(parts);
    if (divided === undefined) return parts;
    const { path, firstLine, hasHeader } = this.#options;
    const { names, nextLine } = readHeader(divided.record, divided.rest, {
      ...this.#options,
      place: { path, line: firstLine },
    });
    this.#takeColumns(names, hasHeader ? nextLine : firstLine);
    return hasHeader ? divided.rest : parts;
  }

  #takeColumns(names: readonly string[], firstLine: number): void {
    const { path, delimiter, encoding, headers, counts = false, accepted, hasHeader } = this.#options;
    const judge = new RowJudge({
      path,
      delimiter,
      encoding,
      header: hasHeader ? names : undefined,
      accepted,
      counted: counts ? headers.map((name) => names.indexOf(name)) : [],
    });
    this.#columns = names;
    this.#judge = judge;
    this.#splitterAt = (line) =>
      new RowSplitter({
        path,
        judge,
        delimiter,
        encoding,
        names,
        columnCount: names.length,
        slots: slotsOf(names, this.#options),
        slotCount: this.#options.wanted.length,
        firstLine: line,
      });
    this.#splitter = this.#splitterAt(firstLine);
  }

  #faultAt(line: number, fault: NonNullable<CutRecords['fault']>): Error {
    const place = { path: this.#options.path, line };
    switch (fault) {
      case 'quotes':
        return brokenQuote(place);
      case 'mark':
        return markAt(place);
      case 'length':
        return recordTooLong(place, MAX_RECORD_BYTES);
      default:
        return fault satisfies never;
    }
  }
}
