import { randomInt, randomUUID } from 'node:crypto';
import { IndexedCells } from './indexed-cells.js';
import { MultisetDigest } from './multiset-digest.js';

export type Fields = Readonly<Record<string, unknown>>;
export type Tokens = Readonly<Record<string, string>>;

/** One field of one stored record. */
export interface StoredField {
  readonly column: string;
  readonly value: unknown;
  readonly token: string | undefined;
  readonly row: number;
}

interface Column {
  readonly values: IndexedCells<unknown>;
  readonly tokens: IndexedCells<string>;
}

/** Rounds and width of the shuffle of row numbers, below. */
const SHUFFLE_ROUNDS = 4;

/**
 * A number of 32 bits as another one, each number once, in no order that anybody sees: a Feistel network of two halves.
 * `isBack` undoes it.
 */
function shuffled(number: number, key: number, isBack: boolean): number {
  let [left, right] = [number >>> 16, number & 0xffff];
  for (let step = 0; step < SHUFFLE_ROUNDS; step += 1) {
    const round = isBack ? SHUFFLE_ROUNDS - 1 - step : step;
    const mixed = (half: number): number => Math.imul(half ^ (key + round), 0x9e3779b1) >>> 16;
    if (isBack) [left, right] = [right ^ mixed(left), left];
    else [left, right] = [right, left ^ mixed(right)];
  }
  return left * 0x1_0000 + right;
}

/**
 * Added to a row's shuffled number so that the last group of its id has twelve digits: two zeros and ten decimal ones, which
 * V8 makes several times faster than hexadecimal ones.
 */
const ID_OFFSET = 1_000_000_000;

/** A value as digests and listings see it. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The records of one table, by column: two array slots per field and no object per record, so that millions fit.
 * Rows are numbered from 0 and never again; a skyflow_id holds its row's number, shuffled: as a vault's ids, they are in
 * no order. With `keep` other than `records`
 * only the count (and the digest) is kept, and nothing can be looked up.
 */
export class RecordTable {
  readonly #keep: 'records' | 'digest' | 'counts';
  readonly #idPrefix = `${randomUUID().slice(0, 24)}00`;
  readonly #idKey = randomInt(0x1000_0000);
  /** Of a Flow vault: the token group that tokens were last brought along for; the others are made of it. */
  tokenGroup: string | undefined;
  #columns = new Map<string, Column>();
  #deleted = new Set<number>();
  /** Number of the first row in the columns: rows before it were cleared away. */
  #firstRow = 0;
  #nextRow = 0;
  #digest = new MultisetDigest();
  #lastColumn: { readonly name: string; readonly column: Column } | undefined;
  /** Where the last listing ended, so that paging through a table with deleted rows is not quadratic. */
  #page: { readonly offset: number; readonly row: number } | undefined;

  constructor(keep: 'records' | 'digest' | 'counts') {
    this.#keep = keep;
  }

  get count(): number {
    return this.#nextRow - this.#firstRow - this.#deleted.size;
  }

  /** Stores a record and returns its row. */
  append(fields: Fields, tokens: Tokens | undefined): number {
    const row = this.#nextRow;
    this.#nextRow += 1;
    if (this.#keep === 'counts') return row;
    for (const name in fields) {
      const value = fields[name];
      const token = tokens?.[name];
      if (this.#keep === 'digest') this.#digest.add(valueText(value), token ?? '');
      else this.#set(this.#columnFor(name), row, value, token);
    }
    return row;
  }

  /** Overwrites fields of a row, and their tokens unless `keepTokens`. */
  update(row: number, fields: Fields, tokens: Tokens | undefined, keepTokens: boolean): void {
    for (const [name, value] of Object.entries(fields)) {
      const column = this.#columnFor(name);
      const index = row - this.#firstRow;
      const held = column.tokens.at(index);
      while (column.values.length <= index) this.#pad(column);
      column.values.replace(index, value);
      column.tokens.replace(index, keepTokens && held !== undefined ? held : tokens?.[name]);
    }
  }

  /** The id that names a row. */
  idOf(row: number): string {
    return this.#idPrefix + String(ID_OFFSET + shuffled(row, this.#idKey, false));
  }

  /** The row that an id names, if this table holds it. */
  rowOfId(id: string): number | undefined {
    if (!id.startsWith(this.#idPrefix)) return undefined;
    const number = Number(id.slice(this.#idPrefix.length)) - ID_OFFSET;
    if (!(number >= 0 && number < 2 ** 32)) return undefined;
    const row = shuffled(number, this.#idKey, true);
    return this.idOf(row) === id && this.#holds(row) ? row : undefined;
  }

  rowOfValue(name: string, value: unknown): number | undefined {
    return this.#rowAt(this.#columns.get(name)?.values.find(value));
  }

  rowOfToken(name: string, token: string): number | undefined {
    return this.#rowAt(this.#columns.get(name)?.tokens.find(token));
  }

  columnNames(): readonly string[] {
    return [...this.#columns.keys()];
  }

  valueAt(row: number, name: string): unknown {
    return this.#columns.get(name)?.values.at(row - this.#firstRow);
  }

  tokenAt(row: number, name: string): string | undefined {
    return this.#columns.get(name)?.tokens.at(row - this.#firstRow);
  }

  /** Up to `limit` rows that are there, in order of insertion, after passing over `offset` of them. */
  rows(offset: number, limit: number): number[] {
    const from = this.#page !== undefined && this.#page.offset <= offset ? this.#page : undefined;
    let toPass = offset - (from?.offset ?? 0);
    let row = from?.row ?? this.#firstRow;
    if (this.#deleted.size === 0) {
      row += toPass;
      toPass = 0;
    }
    const found: number[] = [];
    for (; row < this.#nextRow && found.length < limit; row += 1) {
      if (this.#deleted.has(row)) continue;
      if (toPass > 0) toPass -= 1;
      else found.push(row);
    }
    if (toPass === 0 && row <= this.#nextRow) this.#page = { offset: offset + found.length, row };
    return found;
  }

  delete(row: number): void {
    if (!this.#holds(row)) return;
    this.#deleted.add(row);
    this.#page = undefined;
    for (const column of this.#columns.values()) {
      const index = row - this.#firstRow;
      if (index >= column.values.length) continue;
      column.values.replace(index, undefined);
      column.tokens.replace(index, undefined);
    }
    if (this.count === 0) this.clear();
  }

  clear(): void {
    this.#columns = new Map();
    this.#digest = new MultisetDigest();
    this.#deleted = new Set();
    this.#firstRow = this.#nextRow;
    this.#page = undefined;
    this.#lastColumn = undefined;
  }

  /** Every stored field, by row. Rows that change meanwhile may be seen before or after. */
  *fields(): Generator<StoredField> {
    for (let row = this.#firstRow; row < this.#nextRow; row += 1) {
      for (const [name, column] of this.#columns) {
        const index = row - this.#firstRow;
        const value = column.values.at(index);
        if (value !== undefined) yield { column: name, value, token: column.tokens.at(index), row };
      }
    }
  }

  /** The digest kept while inserting; undefined when the stored fields have to be gone through. */
  runningDigest(): { readonly count: number; readonly digest: string } | undefined {
    return this.#keep === 'digest' ? { count: this.#digest.count, digest: this.#digest.hex() } : undefined;
  }

  #holds(row: number): boolean {
    return row >= this.#firstRow && row < this.#nextRow && !this.#deleted.has(row);
  }

  #rowAt(index: number | undefined): number | undefined {
    return index === undefined ? undefined : index + this.#firstRow;
  }

  #columnFor(name: string): Column {
    if (this.#lastColumn?.name === name) return this.#lastColumn.column;
    let column = this.#columns.get(name);
    if (column === undefined) {
      column = { values: new IndexedCells(), tokens: new IndexedCells() };
      this.#columns.set(name, column);
    }
    this.#lastColumn = { name, column };
    return column;
  }

  #set(column: Column, row: number, value: unknown, token: string | undefined): void {
    const index = row - this.#firstRow;
    while (column.values.length < index) this.#pad(column);
    column.values.push(value);
    column.tokens.push(token);
  }

  /** A row without this column; arrays without holes stay fast. */
  #pad(column: Column): void {
    column.values.push(undefined);
    column.tokens.push(undefined);
  }
}
