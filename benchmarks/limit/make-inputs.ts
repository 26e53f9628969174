import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { CsvSpec } from '../../src/source/csv/csv-settings.js';

const partCount = 300;

/** The files of a benchmark's vault in another form. */
export interface Input {
  readonly name: string;
  readonly files: Partial<CsvSpec['files']>;
}

/** Writes the rows of `name_data.csv` and `name_tokens.csv` once more in every form, beside them. */
export async function makeInputs(directory: string, records: number): Promise<readonly Input[]> {
  const columns = ['data', 'tokens'] as const;
  const rowsOfPart = Math.ceil(records / partCount);
  for (const column of columns) await writeParts(directory, column, rowsOfPart);
  const at = (name: string): string => join(directory, name);
  const both = (name: string): Input['files'] => ({ data_file: at(name), token_file: at(name) });
  const csv = (column: string): string => `read_csv('${at(`name_${column}.csv`)}', all_varchar = true)`;
  // Of all benchmarks this one alone needs the engine, which may not be installed.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const copy = async (query: string, name: string, options: string): Promise<void> => {
    await connection.run(`COPY (${query}) TO '${at(name)}' (${options})`);
  };
  const pairs = `SELECT * FROM ${csv('data')} POSITIONAL JOIN ${csv('tokens')}`;
  for (const column of columns) {
    for (const [suffix, packing] of [
      ['gz', 'gzip'],
      ['zst', 'zstd'],
    ] as const) {
      const options = `FORMAT csv, HEADER, COMPRESSION ${packing}`;
      await copy(`SELECT * FROM ${csv(column)}`, `${column}.${suffix}`, options);
    }
  }
  const codecs = ['uncompressed', 'snappy', 'gzip', 'zstd'];
  for (const codec of codecs) await copy(pairs, `${codec}.parquet`, `FORMAT parquet, COMPRESSION ${codec}`);
  connection.closeSync();
  database.closeSync();
  return [
    { name: 'CSV pair', files: {} },
    { name: 'CSV pair, gzip', files: { data_file: at('data.gz'), token_file: at('tokens.gz') } },
    {
      name: `${partCount} parts of gzip each`,
      files: { data_file: at('data/part_*.csv.gz'), token_file: at('tokens/part_*.csv.gz') },
    },
    { name: 'CSV pair, zstd', files: { data_file: at('data.zst'), token_file: at('tokens.zst') } },
    ...codecs.map((codec) => ({ name: `Parquet, ${codec}`, files: both(`${codec}.parquet`) })),
  ];
}

async function writeParts(directory: string, column: string, rowsOfPart: number): Promise<void> {
  await mkdir(join(directory, column));
  const lines = createInterface({ input: createReadStream(join(directory, `name_${column}.csv`)) });
  let header: string | undefined;
  let rows: string[] = [];
  let part = 0;
  const write = async (): Promise<void> => {
    part += 1;
    const text = `${[header ?? '', ...rows].join('\n')}\n`;
    const file = createWriteStream(join(directory, column, `part_${part}.csv.gz`));
    await pipeline(Readable.from([text]), createGzip(), file);
    rows = [];
  };
  for await (const line of lines) {
    if (header === undefined) header = line;
    else rows.push(line);
    if (rows.length === rowsOfPart) await write();
  }
  if (rows.length > 0) await write();
}
