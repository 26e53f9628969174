/**
 * Finds the first row that holds a cell. `remove` is exact as long as no cell was ever seen twice; after that the
 * index can no longer tell who is next, says so with false, and has to be made anew.
 */
class FirstRowIndex<T> {
  readonly #rows = new Map<T, number>();
  #repeated = false;

  add(cell: T, row: number): void {
    if (this.#rows.has(cell)) this.#repeated = true;
    else this.#rows.set(cell, row);
  }

  get(cell: T): number | undefined {
    return this.#rows.get(cell);
  }

  /** Takes a cell out; false when the index is no longer to be trusted. */
  remove(cell: T): boolean {
    if (this.#repeated) return false;
    this.#rows.delete(cell);
    return true;
  }
}

/** One column of cells with an index that is made at the first question. Undefined is an empty cell. */
export class IndexedCells<T> {
  readonly #cells: (T | undefined)[] = [];
  #index: FirstRowIndex<T> | undefined;

  get length(): number {
    return this.#cells.length;
  }

  at(index: number): T | undefined {
    return this.#cells[index];
  }

  push(cell: T | undefined): void {
    if (cell !== undefined) this.#index?.add(cell, this.#cells.length);
    this.#cells.push(cell);
  }

  replace(index: number, cell: T | undefined): void {
    const held = this.#cells[index];
    if (held === cell) return;
    this.#cells[index] = cell;
    if (held !== undefined && this.#index?.remove(held) === false) this.#index = undefined;
    if (cell !== undefined) this.#index?.add(cell, index);
  }

  /** The first index that holds the cell. */
  find(cell: T): number | undefined {
    if (this.#index === undefined) {
      const index = new FirstRowIndex<T>();
      this.#cells.forEach((held, at) => {
        if (held !== undefined) index.add(held, at);
      });
      this.#index = index;
    }
    return this.#index.get(cell);
  }
}
