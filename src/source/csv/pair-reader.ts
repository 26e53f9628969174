import { SuperviseError } from '../../errors/supervise-error.js';
import type { ColumnReader } from './column-reader.js';
import { errorAt, errorIn } from './csv-errors.js';
import type { RowBlock } from './row-block.js';

/** Rows of one file, from row `from` of a block on. */
interface RowRun {
  readonly block: RowBlock;
  readonly from: number;
}

/** The same rows of the data file and of the token file. */
export interface RowPairs {
  readonly rows: number;
  readonly data: RowRun;
  readonly tokens: RowRun;
}

interface PairReaderOptions {
  readonly vaultName: string;
  readonly data: ColumnReader;
  /** Undefined when one file holds both columns. */
  readonly tokens: ColumnReader | undefined;
  /** The slot of both readers that must hold the same key in every row. */
  readonly keySlot?: number | undefined;
}

/**
 * Reads the two files of a pair in step, row by row, so that a value never meets another row's token: a key that
 * differs or a file that ends before the other is an error.
 */
export class PairReader {
  readonly #options: PairReaderOptions;
  #data: RowRun | undefined;
  #tokens: RowRun | undefined;

  constructor(options: PairReaderOptions) {
    this.#options = options;
  }

  /** The next rows, never none; undefined when both files have ended. */
  async next(): Promise<RowPairs | undefined> {
    const { data, tokens, keySlot } = this.#options;
    this.#data ??= await nextRun(data);
    if (tokens === undefined) {
      const run = this.#data;
      this.#data = undefined;
      if (run === undefined) assertRows(data.path, data.rows);
      return run && { rows: run.block.rows, data: run, tokens: run };
    }
    this.#tokens ??= await nextRun(tokens);
    if (this.#data === undefined || this.#tokens === undefined) {
      if (this.#data !== this.#tokens) await readOn(this.#data === undefined ? tokens : data);
      assertEqualRows(this.#options.vaultName, data, tokens);
      return undefined;
    }
    const rows = Math.min(left(this.#data), left(this.#tokens));
    const pairs = { rows, data: this.#data, tokens: this.#tokens };
    if (keySlot !== undefined) this.#compareKeys(pairs, keySlot);
    this.#data = advance(pairs.data, rows);
    this.#tokens = advance(pairs.tokens, rows);
    return pairs;
  }

  #compareKeys({ rows, data, tokens }: RowPairs, slot: number): void {
    const dataKeys = data.block.columns[slot] ?? [];
    const tokenKeys = tokens.block.columns[slot] ?? [];
    for (let row = 0; row < rows; row += 1) {
      if (dataKeys[data.from + row] === tokenKeys[tokens.from + row]) continue;
      const place = { path: this.#options.data.path, line: data.block.lineOf(data.from + row) };
      const other = `${this.#options.tokens?.path ?? ''}, line ${tokens.block.lineOf(tokens.from + row)}`;
      throw errorAt(
        place,
        `the key is not the one at ${other}`,
        'a row is missing or misplaced in one of the files: every later value would get the wrong token',
      );
    }
  }
}

/** Throws when the files of a pair, read to their ends, are not equally long, or hold no row at all. */
export function assertEqualRows(vaultName: string, data: ColumnReader, tokens: ColumnReader): void {
  if (data.rows !== tokens.rows) {
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: ${data.path} has ${data.rows} rows, ${tokens.path} has ${tokens.rows}`,
      {
        hint:
          'each value is paired with the token in the same row, so export both again together; ' +
          'blank lines at the end of a file are not rows (an empty last cell is written "")',
      },
    );
  }
  assertRows(data.path, data.rows);
}

/** Throws when a file, read to its end, holds no row. */
export function assertRows(path: string, rows: number): void {
  if (rows === 0) throw errorIn(path, 'has a header, but no rows');
}

/** Reads a file to its end, for the count. */
export async function readOn(reader: ColumnReader): Promise<void> {
  while ((await reader.next()) !== undefined);
}

async function nextRun(reader: ColumnReader): Promise<RowRun | undefined> {
  const block = await reader.next();
  return block && { block, from: 0 };
}

function left({ block, from }: RowRun): number {
  return block.rows - from;
}

function advance(run: RowRun, rows: number): RowRun | undefined {
  return left(run) === rows ? undefined : { block: run.block, from: run.from + rows };
}
