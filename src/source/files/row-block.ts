import type { PackedCells } from '../../record/packed-cells.js';

/** Consecutive rows of one file, by column: `columns[slot][row]`. */
export interface RowBlock {
  readonly rows: number;
  readonly columns: readonly (readonly string[])[];
  /** No cell needs an escape in JSON. */
  readonly plain: boolean;
  /** The physical line on which a row begins, for errors; of a file without lines the number of the row. */
  lineOf(row: number): number;
  readonly hasLines?: false;
  /** The cells of slot 0, none of them empty, where they came as bytes. */
  readonly packed?: PackedCells | undefined;
}

const MAX_BLANK_ROWS = 65_536;
const BLANKS: readonly string[] = new Array<string>(MAX_BLANK_ROWS).fill('');

/** Blocks of rows that are blank lines: any number of them takes no memory. */
export function* blankBlocks(rows: number, firstLine: number, columnCount: number): Generator<RowBlock> {
  const columns = new Array<readonly string[]>(columnCount).fill(BLANKS);
  for (let done = 0; done < rows; done += MAX_BLANK_ROWS) {
    yield {
      rows: Math.min(MAX_BLANK_ROWS, rows - done),
      columns,
      plain: true,
      lineOf: (row) => firstLine + done + row,
    };
  }
}

/** Collects the rows of a block in order. */
export class RowCollector implements RowBlock {
  readonly columns: string[][];
  plain = true;
  rows = 0;
  readonly #firstLine: number;
  /** Rows of more than one line, with the lines beyond the first of all such rows up to and including them. */
  readonly #tall: { readonly row: number; readonly linesBeyond: number }[] = [];

  constructor(firstLine: number, columnCount: number) {
    this.#firstLine = firstLine;
    this.columns = Array.from({ length: columnCount }, () => []);
  }

  /** Says that the row just added is on so many lines. */
  spread(lines: number): void {
    if (lines < 2) return;
    this.#tall.push({ row: this.rows - 1, linesBeyond: (this.#tall.at(-1)?.linesBeyond ?? 0) + lines - 1 });
  }

  lineOf(row: number): number {
    const before = this.#tall.findLast((tall) => tall.row < row);
    return this.#firstLine + row + (before?.linesBeyond ?? 0);
  }
}
