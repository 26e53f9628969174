import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { CsvSourceOptions } from '../../../src/source/csv/csv-source.js';
import { openSource, readBatches } from '../csv-fixture.js';
import type { RecordSource } from '../../../src/source/record-source.js';
import type { TextForms } from '../../../src/source/files/text-forms.js';

/** An engine that writes Parquet, and reads it: neither the writer nor the reader is ours. */
export class Duck implements AsyncDisposable {
  readonly #database: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(database: DuckDBInstance, connection: DuckDBConnection) {
    this.#database = database;
    this.#connection = connection;
  }

  static async open(): Promise<Duck> {
    // It may not be installed, and not all who import this need it.
    const { DuckDBInstance: Engine } = await import('@duckdb/node-api');
    const database = await Engine.create(':memory:', { threads: '1' });
    return new Duck(database, await database.connect());
  }

  /** Writes what a query gives: `options` as COPY has them. */
  async write(file: string, query: string, options = ''): Promise<void> {
    const all = options === '' ? '' : `, ${options}`;
    await this.#connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet${all})`);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Rows of texts; what is absent is an empty text. */
  async rows(sql: string): Promise<string[][]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRowsJS().map((row) => row.map((cell) => (typeof cell === 'string' ? cell : '')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#database.closeSync();
    await Promise.resolve();
  }
}

/** A Parquet file of both columns as a source. */
export function openParquetFile(
  file: string,
  options: Partial<CsvSourceOptions> & { readonly text?: TextForms } = {},
): RecordSource {
  return openSource({
    formats: { text: { parquet: options.text ?? [] }, meant: 'parquet' },
    ...options,
    dataFile: options.dataFile ?? file,
    tokenFile: options.tokenFile ?? file,
  });
}

/** Position, value and token of each record; of what is skipped the reason alone. */
export async function readAll(source: RecordSource, start = 0): Promise<string[][]> {
  const rows: string[][] = [];
  const batches = await readBatches(source, { maxRecords: 1_000, within: { start, end: Infinity } });
  for (const { start: from, end, values, tokens, skipped } of batches) {
    let at = 0;
    for (let position = from; position < end; position += 1) {
      const reason = skipped.find((one) => one.position === position)?.reason;
      rows.push(reason === undefined ? [values[at] ?? '?', tokens[at] ?? '?'] : [reason]);
      if (reason === undefined) at += 1;
    }
  }
  return rows;
}
