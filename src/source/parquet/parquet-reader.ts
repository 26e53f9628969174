import { formatCount } from '../../report/format-numbers.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import type { ColumnReading } from '../files/file-format.js';
import type { RowBlock } from '../files/row-block.js';
import type { PartReader } from '../files/row-reader.js';
import { ColumnCursor } from './column-cursor.js';
import { findColumn } from './find-column.js';
import { ProvedBytes } from './proved-bytes.js';
import { readFooter, type Footer } from './read-footer.js';

/** Rows of a block at most: their cells stay in the processor's caches. */
const BLOCK_ROWS = 8_192;
/** What is worth a word before the load: every process that reads the file takes that much. */
const LARGE_PAGE_BYTES = 67_108_864;
const LARGE_GROUP_BYTES = 1_073_741_824;

/** A column that is read, and its cells that are not given out yet. */
interface Reading {
  readonly cursor: ColumnCursor;
  readonly slot: number | undefined;
  cells: readonly string[];
  plain: boolean;
  at: number;
}

/** Reads columns of one Parquet file, forward only, a block of rows at a time. */
export class ParquetReader implements PartReader {
  readonly file: StoredFile;
  readonly #footer: Footer;
  readonly #columns: readonly Reading[];
  readonly #options: ColumnReading;
  #rows = 0;

  private constructor(file: StoredFile, footer: Footer, options: ColumnReading) {
    this.file = file;
    this.#footer = footer;
    this.#options = options;
    const { headers, wanted, text } = options;
    this.#columns = headers.map((name) => {
      const column = findColumn(file.path, footer.schema, name, text);
      const cursor = new ColumnCursor(file.path, { bytes: new ProvedBytes(file), footer, column });
      const slot = wanted.includes(name) ? wanted.indexOf(name) : undefined;
      return { cursor, slot, cells: [], plain: true, at: 0 };
    });
  }

  /**
   * Takes the file over. Its pages do not stand in the order in which they are read, so that the pieces of a file that
   * nobody has read yet are all noted first.
   */
  static async open(file: StoredFile, options: ColumnReading): Promise<ParquetReader> {
    if (file.table.sizeBytes === undefined) await file.readWhole(options.signal);
    const reader = new ParquetReader(file, await readFooter(file, new ProvedBytes(file)), options);
    await reader.#skipTo(options.row);
    return reader;
  }

  get rows(): number {
    return this.#rows;
  }

  get warnings(): readonly string[] {
    return warnOfSizes(this.file.path, {
      pageBytes: Math.max(0, ...this.#columns.map(({ cursor }) => cursor.largestPageBytes)),
      groupBytes: Math.max(0, ...this.#footer.rowGroups.map(({ total_byte_size: bytes }) => Number(bytes))),
    });
  }

  async next(): Promise<RowBlock | undefined> {
    this.#options.signal.throwIfAborted();
    for (const column of this.#columns) {
      if (column.at < column.cells.length) continue;
      const texts = await column.cursor.take(BLOCK_ROWS);
      if (texts === undefined) {
        await this.look();
        return undefined;
      }
      column.cells = texts.cells;
      column.plain = texts.plain;
      column.at = 0;
    }
    const rows = Math.min(...this.#columns.map(({ cells, at }) => cells.length - at));
    const columns: (readonly string[])[] = this.#options.wanted.map(() => []);
    let plain = true;
    for (const column of this.#columns) {
      const { cells, at, slot } = column;
      column.at += rows;
      if (slot === undefined) continue;
      columns[slot] = at === 0 && rows === cells.length ? cells : cells.slice(at, at + rows);
      plain &&= column.plain;
    }
    const first = this.#rows;
    this.#rows += rows;
    return { rows, columns, plain, lineOf: (row) => first + row + 1, hasLines: false };
  }

  lastBlanks(): Iterable<RowBlock> {
    return [];
  }

  async look(): Promise<void> {
    await this.file.look(this.#options.signal);
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Row groups before the row are not read. */
  async #skipTo(row: number): Promise<void> {
    this.#rows = Math.min(row, this.#footer.rows);
    for (const { cursor } of this.#columns) await cursor.skipTo(this.#rows);
  }
}

/** What is said of a file whose largest page or row group makes reading it dear. Pure. */
export function warnOfSizes(
  path: string,
  { pageBytes, groupBytes }: { readonly pageBytes: number; readonly groupBytes: number },
): string[] {
  const mebibytes = (bytes: number): string => `${formatCount(Math.ceil(bytes / 2 ** 20))} MiB`;
  const warnings: string[] = [];
  if (pageBytes > LARGE_PAGE_BYTES) {
    warnings.push(
      `${path}: its largest page has ${mebibytes(pageBytes)}, and reading takes several times that in memory; smaller pages or row groups (docs/parquet.md) take less`,
    );
  }
  if (groupBytes > LARGE_GROUP_BYTES) {
    warnings.push(
      `${path}: its largest row group has ${mebibytes(groupBytes)}; a resume begins to read where one begins, so that smaller ones (docs/parquet.md) are gone on with faster`,
    );
  }
  return warnings;
}
