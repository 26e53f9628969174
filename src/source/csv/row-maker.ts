import type { RowBlock } from '../files/row-block.js';

/** Turns the text of a file, in chunks that are cut anywhere, into rows. */
export interface RowMaker {
  /** The names of the columns, once they are known: rows come after that. */
  readonly columns: readonly string[] | undefined;
  /** Bytes of records that are not whole yet; undefined where nobody counts them. */
  readonly heldBytes: number | undefined;
  /** The physical line on which the next record begins. */
  readonly line: number;
  /** Rows before `line` that no block has yet. */
  readonly rowsHeldBack: number;
  /** What is hardly meant in the rows so far, in words. */
  readonly warnings: readonly string[];
  /** What the rows that came last stand in is about to be overwritten; absent where they stand for themselves. */
  expire?(): void;
  /** The rows that are whole now, valid as long as the chunk is; throws what is wrong with them when it comes to it. */
  push(chunk: Buffer): Iterator<RowBlock, void, void>;
  /** The rows that are left. */
  finish(): Iterator<RowBlock, void, void>;
}

/** What is wanted of a file's columns. */
export interface WantedColumns {
  /** Every header must be in the file. */
  readonly headers: readonly string[];
  /** The headers whose cells are wanted, a slot for each. */
  readonly wanted: readonly string[];
  /** Looks for rows that are hardly meant. */
  readonly counts?: boolean | undefined;
}

/** For each column of a file the slot its cells go to; undefined for a column nobody wants. */
export function slotsOf(names: readonly string[], { wanted }: WantedColumns): (number | undefined)[] {
  return names.map((name) => (wanted.includes(name) ? wanted.indexOf(name) : undefined));
}

/** The columns of a file without a header are named by their numbers, from 1. */
export function numbered(fields: number): string[] {
  return Array.from({ length: fields }, (_, column) => String(column + 1));
}
