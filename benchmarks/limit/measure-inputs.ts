import { figure, words } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { join } from 'node:path';
import type { ScriptContext } from '../command-line/script.js';
import { loadAlone } from '../lone-child/load-alone.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { spreadOf } from '../measure/statistics.js';
import { renderSpread, renderColumns } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { CsvSpec } from '../../src/source/csv/csv-settings.js';

/** How much is measured. */
export interface LimitSizes {
  readonly records: number;
  readonly rounds: number;
  readonly batchSize: number;
  readonly workers: number;
}

interface Cost {
  readonly cpuUs: number;
  readonly peakMb: number;
}

/** `bench:limit --inputs`: the same records out of every form of file, and each round's ratios to the CSV pair. */
export async function measureInputs(
  { values, stop, progress, result }: ScriptContext,
  { records, rounds, batchSize, workers }: LimitSizes,
): Promise<number> {
  const machine = machineFacts();
  await using sink = await startSink();
  await using workspace = await createCsvWorkspace(sink.vaultUrl, { records, stopping: stop.stopping });
  const inputs = await makeInputs(workspace.dataDirectory, records);
  const costs = new Map(inputs.map(({ name }) => [name, [] as Cost[]]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [at, { name, files }] of inputs.entries()) {
      const { result: ended } = await loadAlone({
        ...workspace.alone(`run-${round}-${at}`),
        files,
        batchSize,
        workers,
        stopping: stop.stopping,
      });
      const { uploaded, cpu_ms: cpuMs, rss_bytes: peakBytes } = ended.snapshot;
      if (uploaded !== records) throw new Error(`${name}: uploaded ${uploaded} of ${records}`);
      const cpuUs = (cpuMs * 1_000) / records;
      costs.get(name)?.push({ cpuUs, peakMb: peakBytes / 2 ** 20 });
      progress(`${round}/${rounds}  ${name.padEnd(24)}  ${cpuUs.toFixed(2)} us/record`);
    }
  }
  const [first] = inputs;
  const usual = costs.get(first?.name ?? '') ?? [];
  const figures = inputs.map(({ name }) => {
    const own = costs.get(name) ?? [];
    const more = own.map(({ cpuUs }, round) => cpuUs - (usual[round]?.cpuUs ?? Number.NaN));
    return [
      name,
      renderSpread(spreadOf(own.map(({ cpuUs }) => cpuUs)), (us) => us.toFixed(2)),
      renderSpread(spreadOf(more), (us) => us.toFixed(2)),
      Math.max(...own.map(({ peakMb }) => peakMb)).toFixed(0),
    ];
  });
  const columns = [words('Input'), ...['CPU us/record', 'more than CSV', 'Peak MB'].map(figure)] as const;
  result(renderColumns(columns, figures, values.on('--markdown') ? 'markdown' : 'text'));
  result(`${formatCount(records)} records, ${workers} workers x ${batchSize}; ${describeMachine(machine)}`);
  return 0;
}

const partCount = 300;

/** The files of a benchmark's vault in another form. */
interface Input {
  readonly name: string;
  readonly files: Partial<CsvSpec['files']>;
}

/** Writes the rows of `name_data.csv` and `name_tokens.csv` once more in every form, beside them. */
async function makeInputs(directory: string, records: number): Promise<readonly Input[]> {
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
