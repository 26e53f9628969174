import { errorIn, type OnBadLine } from '../files/file-errors.js';
import { openInputFile } from '../files/open-input-file.js';
import type { FilePart } from '../files/file-part.js';
import { blankBlocks, type RowBlock } from '../files/row-block.js';
import type { PartReader } from '../files/row-reader.js';
import type { StoredCut } from '../fingerprints/piece-table.js';
import type { StoredFile } from '../fingerprints/stored-file.js';
import { isUsual, usualDialect, type Dialect } from './dialect.js';
import { DialectRows } from './dialect-rows.js';
import type { Oddity } from './oddities.js';
import { passPrelude, type Prelude } from './pass-prelude.js';
import { openText, readStored, type ChunkEncoding, type CsvEncoding } from './read-chunks.js';
import { guessForm } from '../compression/recognise-file.js';
import type { RowMaker, WantedColumns } from './row-maker.js';
import { StandardRows } from './standard-rows.js';

/** Reading is cheaper in large pieces (each is a trip to another thread), splitting in small ones (they stay in cache). */
const CHUNK_BYTES = 65_536;
const NEWLINE = 0x0a;
const GUESSED_BYTES = 4_096;

/** How the files of a source are written. */
export interface CsvFormat {
  readonly dialect?: Dialect | undefined;
  /** Stands for the dialect's own. */
  readonly delimiter?: string | undefined;
  readonly encoding: CsvEncoding;
  /** Oddities that are meant as data. */
  readonly accept?: readonly Oddity[] | undefined;
}

/** What a file turned out to be. */
export interface TextForm {
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly encoding: ChunkEncoding;
}

interface ColumnReaderOptions extends WantedColumns {
  /** The part, if it is open already: it is taken over. */
  readonly file?: StoredFile | undefined;
  readonly part: Pick<FilePart, 'path' | 'table' | 'isLast'> & Partial<Pick<FilePart, 'number'>>;
  readonly format: CsvFormat;
  readonly signal: AbortSignal;
  /** The form of the first part, where its header is this one's too: the text begins with a row. */
  readonly like?: TextForm | undefined;
  /** Where to begin, in a file whose form is known. */
  readonly from?: { readonly form: TextForm; readonly cut: StoredCut } | undefined;
  readonly onBadLine?: OnBadLine | undefined;
}

/**
 * Reads columns of one CSV file, forward only, a block of rows at a time, and checks every row on the way:
 * field counts, quotes, encoding. One reader has one chunk and the rows of one chunk in memory.
 */
export class ColumnReader implements PartReader {
  readonly #file: StoredFile;
  readonly #options: ColumnReaderOptions;
  readonly #text: BegunText;
  readonly #maker: RowMaker;
  /** What the maker does not have yet. */
  #unread: Buffer = Buffer.alloc(0);
  #blocks: Iterator<RowBlock, void, void> | undefined;
  #rows: number;
  #ended = false;
  /** Given to the maker so far, and what was passed over before. */
  #chunkBytes: number;
  #lastByte: number | undefined;
  #beginning: Buffer | undefined;

  private constructor(file: StoredFile, text: BegunText, options: ColumnReaderOptions) {
    this.#file = file;
    this.#options = options;
    this.#text = text;
    this.#maker = makerFor(text, options);
    this.#rows = options.from?.cut.row ?? 0;
    this.#chunkBytes = text.passedBytes;
  }

  /** Opens the file and reads its header, if it has one. */
  static async open(options: ColumnReaderOptions): Promise<ColumnReader> {
    const file = options.file ?? (await openInputFile(options.part.path, options.part.table));
    try {
      const reader = new ColumnReader(file, await beginText(file, options), options);
      while (reader.#maker.columns === undefined) {
        if (!reader.#goOn()) await reader.#readMore();
      }
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get form(): TextForm {
    const { delimiter, encoding } = this.#text;
    return { columns: this.#maker.columns ?? [], delimiter, encoding };
  }

  get file(): Pick<StoredFile, 'sizeBytes' | 'modifiedAt' | 'state'> {
    return this.#file;
  }

  get rows(): number {
    return this.#rows;
  }

  get warnings(): readonly string[] {
    const isEmpty = this.#ended && this.#chunkBytes === 0;
    return [...(isEmpty ? [`${this.#file.path} is empty`] : []), ...this.#maker.warnings];
  }

  async next(): Promise<RowBlock | undefined> {
    for (;;) {
      const block = this.nextNow();
      if (block !== undefined || this.#ended) return block;
      await this.#readMore();
    }
  }

  nextNow(): RowBlock | undefined {
    do {
      const step = this.#blocks?.next();
      if (step !== undefined && step.done !== true) {
        this.#rows += step.value.rows;
        return step.value;
      }
    } while (this.#goOn());
    return undefined;
  }

  lastBlanks(): Iterable<RowBlock> {
    const { rowsHeldBack, line } = this.#maker;
    return blankBlocks(rowsHeldBack, line - rowsHeldBack, this.#options.wanted.length);
  }

  async look(): Promise<void> {
    await this.#file.look(this.#options.signal);
  }

  async close(): Promise<void> {
    await this.#text.chunks.return();
    await this.#file.close();
  }

  /** Gives the next lines to the maker; false: there are none. */
  #goOn(): boolean {
    const unread = this.#unread;
    if (unread.length === 0) return false;
    // Whole lines need not be kept for their rest, nor be copied for that.
    const newline = unread.length <= CHUNK_BYTES ? -1 : unread.lastIndexOf(NEWLINE, CHUNK_BYTES - 1);
    const chunk = unread.subarray(0, newline < 0 ? CHUNK_BYTES : newline + 1);
    this.#unread = unread.subarray(chunk.length);
    this.#chunkBytes += chunk.length;
    this.#blocks = this.#named(() => this.#maker.push(chunk));
    return true;
  }

  async #readMore(): Promise<void> {
    const pieces = this.#file.handedOut;
    const maker = this.#maker;
    const cutBytes = this.#chunkBytes - (maker.heldBytes ?? 0);
    this.#options.signal.throwIfAborted();
    maker.expire?.();
    const step = await this.#text.chunks.next();
    if (this.#file.handedOut > pieces) this.#noteCut(pieces, cutBytes);
    if (step.done === true) {
      if (maker.columns === undefined && this.#ended) throw this.#lacksHeader();
      this.#ended = true;
      this.#refuseCutLine();
      await this.look();
      this.#blocks = this.#named(() => maker.finish());
    } else {
      this.#unread = step.value;
      this.#lastByte = step.value.at(-1);
      this.#beginning ??= Buffer.from(step.value.subarray(0, GUESSED_BYTES));
    }
  }

  /** Where no headers are found the file may be something else, which its beginning says better than a line of it. */
  #named<T>(take: () => T): T {
    if (this.#maker.columns !== undefined) return take();
    try {
      return take();
    } catch (error) {
      const { path } = this.#file;
      const form = this.#text.firstLine === 1 && guessForm(this.#beginning ?? Buffer.alloc(0));
      throw form ? errorIn(path, form.what, form.hint, error) : error;
    }
  }

  #lacksHeader(): Error {
    const { part, format } = this.#options;
    const { skipLines, comment } = format.dialect ?? usualDialect;
    if (this.#chunkBytes > 0 && (skipLines > 0 || comment !== undefined)) {
      return errorIn(
        part.path,
        'has nothing below the lines that csv.skip_lines and csv.comment pass over',
        'csv.skip_lines counts the lines above the header, and no others.',
      );
    }
    const leaveOut = 'A pattern that does not match it leaves it out; csv.header "first" takes empty parts.';
    const isPart = part.number !== undefined;
    return errorIn(part.path, 'is empty; it needs a header and rows', isPart ? leaveOut : 'Export it again.');
  }

  /** Where one may begin to read for the rows of a piece that has just been read for the first time. */
  #noteCut(piece: number, cutBytes: number): void {
    const { columns, heldBytes, line, rowsHeldBack } = this.#maker;
    if (columns === undefined || this.#options.from !== undefined) return;
    const byte = this.#text.isAsStored && heldBytes !== undefined ? cutBytes : undefined;
    this.#file.table.cut(piece, { row: this.#rows + rowsHeldBack, line, byte });
  }

  /** Half a line of one column looks like a whole one: the other half begins the next part. */
  #refuseCutLine(): void {
    const { part, format } = this.#options;
    const { header } = format.dialect ?? usualDialect;
    const isCut = this.#lastByte !== undefined && this.#lastByte !== NEWLINE;
    if (part.isLast || header === 'every' || !isCut || (this.#maker.columns?.length ?? 0) > 1) return;
    throw errorIn(
      part.path,
      'ends without a line end, and other parts follow it: its last line may be half of one',
      'Cut files at the ends of lines (`split -l`), and end every part with a line end.',
    );
  }
}

type BegunText = Prelude & {
  readonly encoding: ChunkEncoding;
  readonly isAsStored: boolean;
};

async function beginText(file: StoredFile, options: ColumnReaderOptions): Promise<BegunText> {
  const { format, signal, headers, like, from } = options;
  if (from !== undefined) {
    const { form, cut } = from;
    const chunks = readStored(file, signal, cut.byte);
    return { ...form, chunks, firstLine: cut.line, passedBytes: cut.byte, isAsStored: true };
  }
  const { chunks, encoding, isAsStored } = await openText(file, { encoding: format.encoding, signal });
  if (like !== undefined && (format.dialect ?? usualDialect).header === 'first') {
    return { chunks, encoding, isAsStored, firstLine: 1, passedBytes: 0, delimiter: like.delimiter };
  }
  const { delimiter, skipLines } = { ...usualDialect, ...format.dialect };
  const prelude = await passPrelude(chunks, {
    skipLines,
    delimiter: format.delimiter ?? delimiter,
    encoding,
    headers,
  });
  return { ...prelude, encoding, isAsStored };
}

function makerFor({ delimiter, firstLine, encoding }: BegunText, options: ColumnReaderOptions): RowMaker {
  const { part, format, headers, wanted, counts, like, from, onBadLine } = options;
  const dialect = { ...(format.dialect ?? usualDialect), delimiter };
  const rows = {
    path: part.path,
    encoding,
    hasHeader: dialect.header !== 'none',
    columns: from?.form.columns ?? like?.columns,
    isLaterPart: (part.number ?? 1) > 1,
    isContinued: from !== undefined,
    firstLine,
    accepted: new Set(format.accept),
    onBadLine,
    headers,
    wanted,
    counts,
  };
  return isUsual(dialect) ? new StandardRows({ ...rows, delimiter }) : new DialectRows({ ...rows, dialect });
}
