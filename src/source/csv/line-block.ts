import { SuperviseError } from '../../errors/supervise-error.js';
import { cellCount, textsOf, type PackedCells } from '../../record/packed-cells.js';
import type { RowBlock } from '../files/row-block.js';

/**
 * Rows of a file of one column, each on a line of its own; strings only when somebody asks for them. They stand in what was
 * read last, so that they can be asked for until the next block is.
 */
export class LineBlock implements RowBlock {
  readonly plain = true;
  readonly rows: number;
  readonly #firstLine: number;
  readonly #hasCells: boolean;
  #cells: PackedCells | undefined;
  #columns: readonly (readonly string[])[] | undefined;

  constructor(cells: PackedCells, options: { readonly firstLine: number; readonly hasCells: boolean }) {
    this.rows = cellCount(cells);
    this.#cells = cells;
    this.#firstLine = options.firstLine;
    this.#hasCells = options.hasCells;
  }

  get packed(): PackedCells {
    // Other rows stand there now: a value of theirs would get the token of these.
    if (this.#cells === undefined) throw new SuperviseError('internal', 'rows were asked for that are gone');
    return this.#cells;
  }

  get columns(): readonly (readonly string[])[] {
    return (this.#columns ??= this.#hasCells ? [textsOf(this.packed)] : []);
  }

  lineOf(row: number): number {
    return this.#firstLine + row;
  }

  /** What the rows stand in is about to be overwritten. */
  expire(): void {
    this.#cells = undefined;
  }
}
