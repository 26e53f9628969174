import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { resultsDatabase, type Engine } from './engine.js';
import type { SnowflakeSandboxOptions } from './options.js';
import { notEmulated } from './sql/sql-failure.js';
import { statementTypes } from './sql/statement-kind.js';
import type { WireColumn } from './wire-types.js';
import { wireExpression } from './wire-types.js';

export type WireRow = readonly (string | null)[];

/** A finished statement's result. Rows past the inline ones stay in the engine until a chunk is asked for. */
export interface StoredResult {
  readonly columns: readonly WireColumn[];
  readonly inlineRows: readonly WireRow[];
  readonly totalRows: number;
  /** Rows per chunk; chunk n begins at row inlineRows.length + n * chunkRows. */
  readonly chunkRows: number;
  readonly averageRowBytes: number;
  readonly statementTypeId: number;
  readonly expiresAtMs: number;
  /** The engine's table of wire rows; undefined when every row is inline. */
  readonly table: string | undefined;
  /** The queries of a text of several statements. */
  readonly children?: readonly Child[];
}

/** One statement of several. */
export interface Child {
  readonly queryId: string;
  readonly typeId: number;
}

/** A chunk of a result: rows start to start + rowCount - 1. */
export interface ChunkRange {
  readonly start: number;
  readonly rowCount: number;
}

const wireRow = z.array(z.string().nullable());

/** `maxChunkBytes` and `maxRows` are session parameters of Snowflake. */
export interface KeepOptions {
  readonly maxChunkBytes?: number | undefined;
  readonly maxRows?: number | undefined;
  /** Inside a transaction the engine can write to one database alone, and that is not the results'. */
  readonly inMemory: boolean;
}

const maxRowsInMemory = 10_000;

/**
 * Keeps results as one table each, of rows already in wire form, in the order in which the query gave them
 * (`rowid`): a chunk is cut out by its row numbers whenever it is asked for, the same one every time, and nothing
 * but the chunk is ever in memory here.
 */
export class ResultStore {
  readonly #engine: Engine;
  readonly #options: SnowflakeSandboxOptions['results'];
  readonly #secret = randomBytes(32);
  readonly #tables = new Map<string, number>();
  #created = 0;
  #urlGeneration = 0;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(engine: Engine, options: SnowflakeSandboxOptions['results']) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Runs the query and keeps its rows. */
  async keep(
    connection: DuckDBConnection,
    sql: string,
    columns: readonly WireColumn[],
    { maxChunkBytes, maxRows, inMemory }: KeepOptions,
  ): Promise<StoredResult> {
    const names = columns.map((_column, index) => `c${index}`);
    const values = columns.map(({ type }, index) => wireExpression(`c${index}`, type));
    const select =
      `SELECT CAST(to_json([${values.join(', ')}]) AS VARCHAR) AS wire ` +
      `FROM (${sql}\n) statement(${names.join(', ')})` +
      (maxRows === undefined ? '' : ` LIMIT ${maxRows}`);
    if (inMemory) {
      const reader = await connection.runAndReadUntil(select, maxRowsInMemory + 1);
      if (reader.currentRowCount > maxRowsInMemory) {
        throw notEmulated(`a result of more than ${maxRowsInMemory} rows inside a transaction`);
      }
      const rows = reader.getRows().map(([wire]) => wireRow.parse(JSON.parse(String(wire))));
      return this.inline(columns, rows, statementTypes.select);
    }
    await this.dropExpired();
    this.#created += 1;
    const table = `${resultsDatabase}.main.result_${this.#created}`;
    await connection.run(`CREATE TABLE ${table} AS ${select}`);
    const expiresAtMs = Date.now() + this.#options.lifetimeMs;
    this.#tables.set(table, expiresAtMs);
    const totals = await connection.runAndReadAll(
      `SELECT count(*), coalesce(avg(strlen(wire)), 0) FROM ${table}`,
    );
    const [totalRows, averageRowBytes] = (totals.getRows()[0] ?? []).map(Number);
    const inline = await connection.runAndReadAll(
      `SELECT wire FROM ${table} WHERE rowid < ${this.#options.inlineRows} ORDER BY rowid`,
    );
    const result = {
      columns,
      inlineRows: inline.getRows().map(([wire]) => wireRow.parse(JSON.parse(String(wire)))),
      totalRows: totalRows ?? 0,
      averageRowBytes: averageRowBytes ?? 0,
      chunkRows: Math.min(
        this.#options.chunkRows,
        maxChunkBytes === undefined
          ? Infinity
          : Math.max(1, Math.floor(maxChunkBytes / (averageRowBytes ?? 1))),
      ),
      statementTypeId: statementTypes.select,
      expiresAtMs,
      table,
    };
    if (result.totalRows > result.inlineRows.length) return result;
    await this.#drop(table);
    return { ...result, table: undefined };
  }

  /** A result that was never more than these rows. */
  inline(columns: readonly WireColumn[], rows: readonly WireRow[], statementTypeId: number): StoredResult {
    return {
      columns,
      inlineRows: rows,
      totalRows: rows.length,
      chunkRows: this.#options.chunkRows,
      averageRowBytes: 0,
      statementTypeId,
      expiresAtMs: Date.now() + this.#options.lifetimeMs,
      table: undefined,
    };
  }

  chunks({ inlineRows, totalRows, chunkRows }: StoredResult): ChunkRange[] {
    const found: ChunkRange[] = [];
    for (let start = inlineRows.length; start < totalRows; start += chunkRows) {
      found.push({ start, rowCount: Math.min(chunkRows, totalRows - start) });
    }
    return found;
  }

  /** The rows of a range as the bytes of a chunk: JSON arrays separated by commas, without brackets around them. */
  async read(result: StoredResult, { start, rowCount }: ChunkRange): Promise<Buffer> {
    if (result.table === undefined || rowCount <= 0) return Buffer.alloc(0);
    const sql =
      `SELECT encode(string_agg(wire, ',' ORDER BY rowid)) FROM ${result.table} ` +
      `WHERE rowid BETWEEN ${start} AND ${start + rowCount - 1}`;
    // One at a time: the connection serves one query, and waiting in the engine would hold up its threads.
    const reading = this.#reading.then(() => this.#engine.bytes(sql));
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  /** Query parameters that make a chunk URL valid until it expires. */
  signUrl(queryId: string, chunk: number): string {
    const expires = Date.now() + this.#options.chunkUrlLifetimeMs;
    const signature = this.#signature(queryId, chunk, expires).toString('hex');
    return `expires=${expires}&signature=${signature}`;
  }

  isSigned(queryId: string, chunk: number, query: URLSearchParams): boolean {
    const expires = Number(query.get('expires'));
    const given = Buffer.from(query.get('signature') ?? '', 'hex');
    const expected = this.#signature(queryId, chunk, expires);
    return given.length === expected.length && timingSafeEqual(given, expected) && expires > Date.now();
  }

  /** Every chunk URL given out so far answers 403 from now on. */
  expireUrls(): void {
    this.#urlGeneration += 1;
  }

  async dropExpired(nowMs = Date.now()): Promise<void> {
    for (const [table, expiresAtMs] of this.#tables) {
      if (expiresAtMs <= nowMs) await this.#drop(table);
    }
  }

  /** Resolves when no chunk is being read any more. */
  async settle(): Promise<void> {
    await this.#reading;
  }

  async #drop(table: string): Promise<void> {
    this.#tables.delete(table);
    await this.#engine.run(`DROP TABLE IF EXISTS ${table}`);
  }

  #signature(queryId: string, chunk: number, expires: number): Buffer {
    return createHmac('sha256', this.#secret)
      .update(`${this.#urlGeneration} ${queryId} ${chunk} ${expires}`)
      .digest();
  }
}
