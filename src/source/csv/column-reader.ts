import type { PieceTable } from '../pieces/piece-table.js';
import type { StoredFile } from '../pieces/stored-file.js';
import { openCsvFile } from './csv-file.js';
import { brokenQuote, errorIn, markAt, recordTooLong } from './csv-errors.js';
import { divideAfterHeader, readHeader } from './csv-header.js';
import { MAX_RECORD_BYTES, RecordCutter, type Cut, type Part } from './cut-records.js';
import { describeOddRows, type Oddity } from './oddities.js';
import { chunkEncoding, readChunks, type CsvEncoding } from './read-chunks.js';
import type { RowBlock } from './row-block.js';
import { RowJudge } from './row-judge.js';
import { RowSplitter } from './split-rows.js';

/** How the files of a source are written. */
interface CsvFormat {
  readonly delimiter: string;
  readonly encoding: CsvEncoding;
  /** Oddities that are meant as data. */
  readonly accept?: readonly Oddity[] | undefined;
}

interface ColumnReaderOptions {
  readonly path: string;
  readonly format: CsvFormat;
  /** Every header must be in the file. Without any, the rows are checked and counted only. */
  readonly headers: readonly string[];
  /** The headers whose cells are wanted, a slot for each. */
  readonly wanted: readonly string[];
  readonly signal: AbortSignal;
  /** Looks for rows that are hardly meant, for `warnings`. */
  readonly counts?: boolean | undefined;
  /** What is known of the file's content. */
  readonly table: PieceTable;
}

/**
 * Reads columns of one CSV file, forward only, a block of rows at a time, and checks every row on the way:
 * field counts, quotes, encoding. One reader has one chunk and the rows of one chunk in memory.
 */
export class ColumnReader {
  readonly #file: StoredFile;
  readonly #options: ColumnReaderOptions;
  readonly #chunks: AsyncGenerator<Buffer, void, void>;
  readonly #cutter: RecordCutter;
  #blocks: Iterator<RowBlock, void, void> | undefined;
  #splitter: RowSplitter | undefined;
  #judge: RowJudge | undefined;
  #rows = 0;
  #ended = false;
  #isAsStored = false;
  /** Given to the cutter so far. */
  #chunkBytes = 0;

  private constructor(file: StoredFile, options: ColumnReaderOptions) {
    const { format, signal } = options;
    this.#file = file;
    this.#options = options;
    this.#chunks = readChunks(file, {
      encoding: format.encoding,
      signal,
      onForm: (isAsStored) => (this.#isAsStored = isAsStored && format.encoding !== 'utf16le'),
    });
    this.#cutter = new RecordCutter(Buffer.from(format.delimiter, chunkEncoding(format.encoding)));
  }

  /** Opens the file and reads its header. */
  static async open(options: ColumnReaderOptions): Promise<ColumnReader> {
    const reader = new ColumnReader(await openCsvFile(options.path, options.table), options);
    try {
      while (reader.#splitter === undefined) await reader.#advance();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  get file(): Pick<StoredFile, 'sizeBytes' | 'modifiedAt' | 'table'> {
    return this.#file;
  }

  /** Rows given out so far. */
  get rows(): number {
    return this.#rows;
  }

  /** What is hardly meant in the rows so far, in words. */
  get warnings(): string[] {
    if (this.#judge === undefined) return [];
    return describeOddRows(this.path, this.#judge.rows, new Set(this.#options.format.accept));
  }

  /** The next rows, never none; undefined at the end of the file. */
  async next(): Promise<RowBlock | undefined> {
    for (;;) {
      const step = this.#blocks?.next();
      if (step !== undefined && step.done !== true) {
        this.#rows += step.value.rows;
        return step.value;
      }
      if (this.#ended) return undefined;
      await this.#advance();
    }
  }

  /** Throws `input_changed` when what has been read no longer stands in the file. */
  async look(): Promise<void> {
    await this.#file.look(this.#options.signal);
  }

  async close(): Promise<void> {
    await this.#chunks.return();
    await this.#file.close();
  }

  async #advance(): Promise<void> {
    const pieces = this.#file.handedOut;
    const cutter = this.#cutter;
    const cutBytes = this.#chunkBytes - cutter.heldBytes;
    const step = await this.#chunks.next();
    if (this.#file.handedOut > pieces) this.#noteCut(pieces, cutBytes);
    let cut: Cut;
    if (step.done === true) {
      this.#ended = true;
      await this.look();
      cut = cutter.finish();
    } else {
      this.#chunkBytes += step.value.length;
      cut = cutter.push(step.value);
    }
    const parts = this.#splitter === undefined ? this.#takeHeader(cut.parts) : cut.parts;
    if (this.#splitter !== undefined) this.#blocks = this.#blocksOf(this.#splitter, { ...cut, parts });
    else if (cut.fault !== undefined) throw this.#faultAt(1, cut.fault);
    else if (this.#ended) throw errorIn(this.path, 'is empty; it needs a header and rows');
  }

  /** Where one may begin to read for the rows of a piece that has just been read for the first time. */
  #noteCut(piece: number, cutBytes: number): void {
    const splitter = this.#splitter;
    if (splitter === undefined) return;
    const row = this.#rows + splitter.rowsHeldBack;
    this.#file.table.cut(piece, { row, line: splitter.line, byte: this.#isAsStored ? cutBytes : undefined });
  }

  #takeHeader(parts: readonly Part[]): readonly Part[] {
    const divided = divideAfterHeader(parts);
    if (divided === undefined) return parts;
    const { format, headers, wanted } = this.#options;
    const encoding = chunkEncoding(format.encoding);
    const { path } = this;
    const header = readHeader(divided.record, divided.rest, {
      path,
      delimiter: format.delimiter,
      encoding,
      headers,
    });
    const slots = header.names.map((name) => (wanted.includes(name) ? wanted.indexOf(name) : undefined));
    const { counts = false } = this.#options;
    this.#judge = new RowJudge({
      path,
      delimiter: format.delimiter,
      header: header.names,
      accepted: new Set(format.accept),
      counted: counts ? headers.map((name) => header.names.indexOf(name)) : [],
    });
    this.#splitter = new RowSplitter({
      path,
      judge: this.#judge,
      delimiter: format.delimiter,
      encoding,
      columnCount: header.names.length,
      slots,
      slotCount: wanted.length,
      firstLine: header.nextLine,
    });
    return divided.rest;
  }

  *#blocksOf(splitter: RowSplitter, { parts, fault }: Cut): Generator<RowBlock, void, void> {
    yield* splitter.split(parts);
    if (fault !== undefined) throw this.#faultAt(splitter.line, fault);
  }

  #faultAt(line: number, fault: NonNullable<Cut['fault']>): Error {
    const place = { path: this.path, line };
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
