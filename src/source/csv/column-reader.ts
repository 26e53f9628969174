import { assertUnchanged, openCsvFile, type CsvFile, type FileState } from './csv-file.js';
import { brokenQuote, errorIn, recordTooLong } from './csv-errors.js';
import { divideAfterHeader, readHeader } from './csv-header.js';
import { MAX_RECORD_BYTES, RecordCutter, type Cut, type Part } from './cut-records.js';
import { chunkEncoding, readChunks, type CsvEncoding } from './read-chunks.js';
import type { RowBlock } from './row-block.js';
import { RowSplitter } from './split-rows.js';

/** How the files of a source are written. */
interface CsvFormat {
  readonly delimiter: string;
  readonly encoding: CsvEncoding;
}

interface ColumnReaderOptions {
  readonly path: string;
  readonly format: CsvFormat;
  /** Every header must be in the file. Without any, the rows are checked and counted only. */
  readonly headers: readonly string[];
  /** The headers whose cells are wanted, a slot for each. */
  readonly wanted: readonly string[];
  readonly signal: AbortSignal;
  readonly expected?: FileState | undefined;
  readonly onFileBytes?: ((chunk: Buffer) => void) | undefined;
}

/**
 * Reads columns of one CSV file, forward only, a block of rows at a time, and checks every row on the way:
 * field counts, quotes, encoding. One reader has one chunk and the rows of one chunk in memory.
 */
export class ColumnReader {
  readonly #file: CsvFile;
  readonly #options: ColumnReaderOptions;
  readonly #chunks: AsyncGenerator<Buffer, void, void>;
  readonly #cutter: RecordCutter;
  #blocks: Iterator<RowBlock, void, void> | undefined;
  #splitter: RowSplitter | undefined;
  #rows = 0;
  #ended = false;

  private constructor(file: CsvFile, options: ColumnReaderOptions) {
    const { format, signal, onFileBytes } = options;
    this.#file = file;
    this.#options = options;
    this.#chunks = readChunks(file, {
      gzip: file.path.endsWith('.gz'),
      encoding: format.encoding,
      signal,
      onFileBytes,
    });
    this.#cutter = new RecordCutter(Buffer.from(format.delimiter, chunkEncoding(format.encoding)));
  }

  /** Opens the file and reads its header. */
  static async open(options: ColumnReaderOptions): Promise<ColumnReader> {
    const reader = new ColumnReader(await openCsvFile(options.path, options.expected), options);
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

  get state(): FileState {
    return this.#file.state;
  }

  /** Rows given out so far. */
  get rows(): number {
    return this.#rows;
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

  /** Throws `input_changed` when the file is not what it was when it was opened. */
  async assertUnchanged(): Promise<void> {
    await assertUnchanged(this.#file);
  }

  async close(): Promise<void> {
    await this.#chunks.return();
    await this.#file.handle.close();
  }

  async #advance(): Promise<void> {
    const step = await this.#chunks.next();
    let cut: Cut;
    if (step.done === true) {
      this.#ended = true;
      await this.assertUnchanged();
      cut = this.#cutter.finish();
    } else cut = this.#cutter.push(step.value);
    const parts = this.#splitter === undefined ? this.#takeHeader(cut.parts) : cut.parts;
    if (this.#splitter !== undefined) this.#blocks = this.#blocksOf(this.#splitter, { ...cut, parts });
    else if (cut.fault !== undefined) throw this.#faultAt(1, cut.fault);
    else if (this.#ended) throw errorIn(this.path, 'is empty; it needs a header and rows');
  }

  #takeHeader(parts: readonly Part[]): readonly Part[] {
    const divided = divideAfterHeader(parts);
    if (divided === undefined) return parts;
    const { format, headers, wanted } = this.#options;
    const encoding = chunkEncoding(format.encoding);
    const { path } = this;
    const header = readHeader(divided.record, { path, delimiter: format.delimiter, encoding, headers });
    const slots = header.names.map((name) => (wanted.includes(name) ? wanted.indexOf(name) : undefined));
    this.#splitter = new RowSplitter({
      path,
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

  #faultAt(line: number, fault: 'quotes' | 'length'): Error {
    const place = { path: this.path, line };
    return fault === 'quotes' ? brokenQuote(place) : recordTooLong(place, MAX_RECORD_BYTES);
  }
}
