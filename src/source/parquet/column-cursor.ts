import { crc32 } from 'node:zlib';
import type { PageHeader, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decodeValues } from './decode-values.js';
import type { LeafColumn } from './find-column.js';
import { PageCells, rowsOf, type PageForm } from './page-cells.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { errorIn } from '../files/file-errors.js';
import { encrypted, explainProblem, ParquetProblem } from './parquet-errors.js';
import type { ProvedBytes } from './proved-bytes.js';
import { chunkStart, type Footer } from './read-footer.js';
import { takeAll, type Texts } from './texts.js';
import { unpackerOf } from './unpack-page.js';

/** Larger than any header without statistics of large values. */
const HEADER_BYTES = 4_096;
const MAX_HEADER_BYTES = 16_777_216;
const MAX_PAGE_BYTES = 268_435_456;

/** Where a column stands in a row group. */
interface Chunk {
  readonly form: PageForm;
  readonly endByte: number;
  atByte: number;
  /** Rows whose pages were not read yet. */
  rowsLeft: number;
  dictionary: Texts | undefined;
}

interface Page {
  readonly header: PageHeader;
  readonly startByte: number;
}

/**
 * The cells of one column, forward only. One page is in memory, packed and unpacked, and the dictionary of its row group.
 * Row groups and pages that are passed over are not unpacked, row groups not even read.
 */
export class ColumnCursor {
  readonly #path: string;
  readonly #bytes: ProvedBytes;
  readonly #footer: Footer;
  readonly #column: LeafColumn;
  #group = -1;
  #chunk: Chunk | undefined;
  #page: PageCells | undefined;
  #row = 0;
  #largestPageBytes = 0;

  constructor(
    path: string,
    { bytes, footer, column }: { bytes: ProvedBytes; footer: Footer; column: LeafColumn },
  ) {
    this.#path = path;
    this.#bytes = bytes;
    this.#footer = footer;
    this.#column = column;
  }

  /** The number of the row that comes next. */
  get row(): number {
    return this.#row;
  }

  /** Of the pages so far, unpacked. */
  get largestPageBytes(): number {
    return this.#largestPageBytes;
  }

  /** The next cells, at most `count` and never none; undefined at the end. */
  async take(count: number): Promise<Texts | undefined> {
    if (this.#row === this.#footer.rows) return undefined;
    return this.#guarded(async () => {
      const page = await this.#currentPage();
      const texts = page.take(count);
      this.#row += texts.cells.length;
      return texts;
    });
  }

  /** Goes on at a row that lies ahead. */
  async skipTo(row: number): Promise<void> {
    const { rowsBefore } = this.#footer;
    const group = rowsBefore.findLastIndex((before) => before <= row);
    if (group > this.#group) {
      this.#group = group - 1;
      this.#chunk = undefined;
      this.#page = undefined;
      this.#row = rowsBefore[group] ?? this.#footer.rows;
    }
    await this.#guarded(async () => {
      while (this.#row < row) {
        const page = this.#page?.left === 0 ? undefined : this.#page;
        const ahead = row - this.#row;
        if (page === undefined && (await this.#passPage(ahead))) continue;
        const here = page ?? (await this.#currentPage());
        const rows = Math.min(here.left, ahead);
        here.skip(rows);
        this.#row += rows;
      }
    });
  }

  async #guarded<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      // What the file is not, or that it cannot be read, was said already; all else is of what stands in it.
      if (error instanceof SuperviseError) throw error;
      throw explainProblem({ path: this.#path, column: this.#column.name, row: this.#row }, error);
    }
  }

  async #currentPage(): Promise<PageCells> {
    while (this.#page === undefined || this.#page.left === 0) {
      const chunk = await this.#currentChunk();
      const page = await this.#nextPage(chunk);
      // Before anything is made of it: a page of more rows than are left is none.
      this.#account(chunk, page.header);
      this.#page = PageCells.of(page.header, await this.#contentOf(page), chunk.form, chunk.dictionary);
    }
    return this.#page;
  }

  /** Passes the next page over if all of its rows are before the wanted one. */
  async #passPage(ahead: number): Promise<boolean> {
    const chunk = await this.#currentChunk();
    const startByte = chunk.atByte;
    const { header } = await this.#nextPage(chunk);
    const rows = rowsOf(header) ?? 0;
    if (rows > ahead) {
      chunk.atByte = startByte;
      return false;
    }
    this.#account(chunk, header);
    this.#row += rows;
    return true;
  }

  #account(chunk: Chunk, header: PageHeader): void {
    const rows = rowsOf(header) ?? 0;
    if (rows < 0 || rows > chunk.rowsLeft)
      throw new ParquetProblem('damaged', 'a row group has more rows than it says');
    chunk.rowsLeft -= rows;
    this.#largestPageBytes = Math.max(this.#largestPageBytes, header.uncompressed_page_size);
  }

  async #currentChunk(): Promise<Chunk> {
    while (this.#chunk === undefined || this.#chunk.rowsLeft === 0) {
      this.#group += 1;
      const group = this.#footer.rowGroups[this.#group];
      if (group === undefined) throw new ParquetProblem('damaged', 'it has fewer rows than it says');
      this.#chunk = Number(group.num_rows) === 0 ? undefined : await this.#openChunk(group);
    }
    return this.#chunk;
  }

  async #openChunk(group: RowGroup): Promise<Chunk> {
    const path = this.#column.path.join('.');
    const found = group.columns.find(({ meta_data: data }) => data?.path_in_schema.join('.') === path);
    const isHidden = group.columns.some(
      (one) => one.crypto_metadata !== undefined && one.meta_data === undefined,
    );
    if (found?.crypto_metadata !== undefined || (found === undefined && isHidden))
      throw encrypted(this.#path);
    const data = found?.meta_data;
    if (data === undefined) throw new ParquetProblem('damaged', 'a row group lacks the column');
    if (found?.file_path !== undefined && found.file_path !== '') {
      throw errorIn(this.#path, 'only lists other files', 'Name those: a list or a pattern of file names.');
    }
    const startByte = chunkStart(data);
    const rows = Number(group.num_rows);
    if (startByte < 4 || startByte >= this.#footer.startByte || Number(data.num_values) !== rows) {
      throw new ParquetProblem('damaged', 'a row group does not say rightly where the column is');
    }
    const { element, toText, maxDefinition } = this.#column;
    return {
      form: {
        element,
        toText,
        maxDefinition,
        unpack: await unpackerOf(data.codec),
        isPacked: data.codec !== 'UNCOMPRESSED',
      },
      atByte: startByte,
      endByte: this.#footer.endOf(startByte),
      rowsLeft: rows,
      dictionary: undefined,
    };
  }

  /** The next page of data, its header read; a dictionary before it is read whole. */
  async #nextPage(chunk: Chunk): Promise<Page> {
    for (;;) {
      const page = await this.#readHeader(chunk);
      if (rowsOf(page.header) !== undefined) return page;
      if (page.header.type === 'DICTIONARY_PAGE') {
        chunk.dictionary = this.#readDictionary(page.header, await this.#contentOf(page), chunk);
      }
    }
  }

  #readDictionary(header: PageHeader, content: Buffer, { form }: Chunk): Texts {
    const { num_values: count = 0 } = header.dictionary_page_header ?? {};
    if (count < 0) throw new ParquetProblem('damaged', 'a dictionary has a wrong size');
    const unpacked = form.unpack(content, header.uncompressed_page_size);
    const bytes = unpacked.byteLength === unpacked.buffer.byteLength ? unpacked : Uint8Array.from(unpacked);
    if (count > bytes.length * 8) throw new ParquetProblem('damaged', 'a dictionary has a wrong size');
    const values = decodeValues(bytes, 0, { count, encoding: 'PLAIN', form, dictionary: undefined });
    return takeAll(values, count);
  }

  async #readHeader(chunk: Chunk): Promise<Page> {
    for (let length = HEADER_BYTES; ; length *= 8) {
      const near = await this.#bytes.near(chunk.atByte, Math.min(length, chunk.endByte - chunk.atByte));
      const reader = { view: new DataView(near.buffer, near.byteOffset, near.byteLength), offset: 0 };
      let header: PageHeader | undefined;
      try {
        header = parquetHeader(reader);
      } catch {
        if (near.length < length || length >= MAX_HEADER_BYTES)
          throw new ParquetProblem('damaged', 'a page has no header');
      }
      if (header === undefined) continue;
      const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
      const startByte = chunk.atByte + reader.offset;
      if (!(packed >= 0 && unpacked >= 0 && startByte + packed <= chunk.endByte)) {
        throw new ParquetProblem('damaged', 'a page does not say rightly how long it is');
      }
      if (Math.max(packed, unpacked) > MAX_PAGE_BYTES) {
        throw new ParquetProblem('unknown', 'a page has more than 256 MiB');
      }
      chunk.atByte = startByte + packed;
      return { header, startByte };
    }
  }

  async #contentOf({ header, startByte }: Page): Promise<Buffer> {
    const content = await this.#bytes.exactly(startByte, header.compressed_page_size);
    if (header.crc !== undefined && (header.crc | 0) !== (crc32(content) | 0)) {
      throw new ParquetProblem('changed checksum', 'the checksum of a page is another one');
    }
    return content;
  }
}
