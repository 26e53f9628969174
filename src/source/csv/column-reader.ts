import type { PieceTable } from '../pieces/piece-table.js';
import type { StoredFile } from '../pieces/stored-file.js';
import { openCsvFile } from './csv-file.js';
import { errorIn } from './csv-errors.js';
import { isUsual, usualDialect, type Dialect } from './dialect.js';
import { DialectRows } from './dialect-rows.js';
import type { Oddity } from './oddities.js';
import { passPrelude, type Prelude } from './pass-prelude.js';
import { openText, type CsvEncoding, type FileText } from './read-chunks.js';
import type { RowBlock } from './row-block.js';
import type { RowMaker, WantedColumns } from './row-maker.js';
import { StandardRows } from './standard-rows.js';

/** How the files of a source are written. */
export interface CsvFormat {
  readonly dialect?: Dialect | undefined;
  /** Stands for the dialect's own. */
  readonly delimiter?: string | undefined;
  readonly encoding: CsvEncoding;
  /** Oddities that are meant as data. */
  readonly accept?: readonly Oddity[] | undefined;
}

interface ColumnReaderOptions extends WantedColumns {
  readonly path: string;
  readonly format: CsvFormat;
  readonly signal: AbortSignal;
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
  readonly #maker: RowMaker;
  #blocks: Iterator<RowBlock, void, void> | undefined;
  #rows = 0;
  #ended = false;
  #isAsStored = false;
  /** Given to the maker so far, and what was passed over before. */
  #chunkBytes = 0;

  private constructor(file: StoredFile, prelude: BegunText, maker: RowMaker, options: ColumnReaderOptions) {
    this.#file = file;
    this.#options = options;
    this.#maker = maker;
    this.#chunks = prelude.chunks;
    this.#chunkBytes = prelude.passedBytes;
    this.#isAsStored = prelude.isAsStored;
  }

  /** Opens the file and reads its header. */
  static async open(options: ColumnReaderOptions): Promise<ColumnReader> {
    const file = await openCsvFile(options.path, options.table);
    try {
      const prelude = await beginText(file, options);
      const reader = new ColumnReader(file, prelude, makerFor(prelude, options), options);
      while (!reader.#maker.hasColumns) await reader.#advance();
      return reader;
    } catch (error) {
      await file.close();
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
  get warnings(): readonly string[] {
    return this.#maker.warnings;
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
    const maker = this.#maker;
    const cutBytes = this.#chunkBytes - (maker.heldBytes ?? 0);
    const step = await this.#chunks.next();
    if (this.#file.handedOut > pieces) this.#noteCut(pieces, cutBytes);
    if (step.done === true) {
      if (!maker.hasColumns && this.#ended) throw errorIn(this.path, 'is empty; it needs a header and rows');
      this.#ended = true;
      await this.look();
      this.#blocks = maker.finish();
    } else {
      this.#chunkBytes += step.value.length;
      this.#blocks = maker.push(step.value);
    }
  }

  /** Where one may begin to read for the rows of a piece that has just been read for the first time. */
  #noteCut(piece: number, cutBytes: number): void {
    const { hasColumns, heldBytes, line, rowsHeldBack } = this.#maker;
    if (!hasColumns) return;
    const byte = this.#isAsStored && heldBytes !== undefined ? cutBytes : undefined;
    this.#file.table.cut(piece, { row: this.#rows + rowsHeldBack, line, byte });
  }
}

type BegunText = Prelude & Pick<FileText, 'encoding' | 'isAsStored'>;

async function beginText(
  file: StoredFile,
  { format, signal, headers }: ColumnReaderOptions,
): Promise<BegunText> {
  const { chunks, encoding, isAsStored } = await openText(file, { encoding: format.encoding, signal });
  const { delimiter, skipLines } = { ...usualDialect, ...format.dialect };
  const prelude = await passPrelude(chunks, {
    skipLines,
    delimiter: format.delimiter ?? delimiter,
    encoding,
    headers,
  });
  return { ...prelude, encoding, isAsStored };
}

function makerFor(
  { delimiter, firstLine, encoding }: BegunText,
  { path, format, headers, wanted, counts }: ColumnReaderOptions,
): RowMaker {
  const dialect = { ...(format.dialect ?? usualDialect), delimiter };
  const options = {
    path,
    encoding,
    header: dialect.header,
    firstLine,
    accepted: new Set(format.accept),
    headers,
    wanted,
    counts,
  };
  return isUsual(dialect)
    ? new StandardRows({ ...options, delimiter })
    : new DialectRows({ ...options, dialect });
}
