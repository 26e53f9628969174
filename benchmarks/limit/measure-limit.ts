import { figure, words } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { join } from 'node:path';
import { loadAlone } from '../lone-child/load-alone.js';
import {
  type ScriptContext,
  type ScriptDefinition,
  batchSizeOption,
  workersOption,
} from '../command-line/script.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { runMeasured } from '../measure/run-measured.js';
import { spreadOf } from '../measure/statistics.js';
import { renderSpread, renderColumns, type TableForm } from '../measure/table.js';
import { createCsvWorkspace } from '../sink/csv-workspace.js';
import { startSink } from '../sink/start-sink.js';
import type { Usage } from './report-usage.js';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { CsvSpec } from '../../src/source/csv/csv-settings.js';

/** What `bench:limit` takes on its command line. */
export const limitScript: ScriptDefinition = {
  name: 'bench:limit',
  description:
    'Compares what a record costs in CPU time (user and system) with the least that HTTP allows: "undici" posts bodies that were built beforehand and parses the answers; "pipeline" reads a CSV pair, builds bodies and judges answers, without journal, metrics, pacing, retries and the first pass over the files; "child" is the child of a load, with all of that. They take turns against a server that keeps nothing.',
  lasts: 'about 10 minutes with 5 rounds',
  options: [
    { name: '--records', placeholder: 'N', description: 'Records of a run (default: 2,000,000).' },
    { name: '--rounds', placeholder: 'N', description: 'Runs of each (default: 5).' },
    batchSizeOption,
    workersOption,
    {
      name: '--inputs',
      description:
        'Instead: what a record costs the child out of files of other kinds, in turns: a CSV pair, 300 parts of gzip for each column, zstd, Parquet of three codecs.',
    },
    { name: '--markdown', description: 'Print the tables in Markdown.' },
  ],
  run: measureLimit,
};

const contenders = ['undici', 'pipeline', 'child'] as const;
type Contender = (typeof contenders)[number];

/** `bench:limit`: every contender in every round, and each round's ratios to bare undici. */
async function measureLimit(context: ScriptContext): Promise<number> {
  const { values, stop, progress, result } = context;
  const sizes = {
    records: values.wholeNumber('--records', 1_000, 100_000_000) ?? 2_000_000,
    rounds: values.wholeNumber('--rounds', 1, 100) ?? 5,
    batchSize: values.wholeNumber('--batch-size', 1, 10_000) ?? 300,
    workers: values.wholeNumber('--concurrency', 1, 1_024) ?? 32,
  };
  if (values.on('--inputs')) return measureInputs(context, sizes);
  const { records, rounds, batchSize, workers } = sizes;
  const form: TableForm = values.on('--markdown') ? 'markdown' : 'text';
  const machine = machineFacts();
  await using sink = await startSink();
  await using workspace = await createCsvWorkspace(sink.vaultUrl, { records, stopping: stop.stopping });
  const runScriptOf = async (name: string, args: readonly string[]): Promise<Usage> => {
    const script = join(import.meta.dirname, `${name}.js`);
    const command = { cwd: workspace.path, environment: process.env, stop };
    const { status, stdout, stderr } = await runMeasured([script, sink.vaultUrl, ...args], command);
    stop.stopping.throwIfAborted();
    if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as Usage;
  };
  const run = async (contender: Contender, round: number): Promise<Usage> => {
    const size = [String(batchSize), String(workers)];
    switch (contender) {
      case 'undici':
        return runScriptOf('raw-undici', [String(records), ...size]);
      case 'pipeline':
        return runScriptOf('bare-pipeline', [workspace.dataDirectory, ...size]);
      case 'child': {
        const { result: ended } = await loadAlone({
          ...workspace.alone(`run-${round}`),
          batchSize,
          workers,
          stopping: stop.stopping,
        });
        const { uploaded, cpu_ms: cpuMs, timed_wall_ms: wallMs, rss_bytes: peakRssBytes } = ended.snapshot;
        return { uploaded, cpuMs, wallMs, peakRssBytes };
      }
      default:
        return contender satisfies never;
    }
  };

  const usages: Record<Contender, Usage[]> = { undici: [], pipeline: [], child: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of contenders) {
      const usage = await run(contender, round);
      if (usage.uploaded < records) throw new Error(`${contender} uploaded ${usage.uploaded} of ${records}`);
      usages[contender].push(usage);
      progress(
        `${round}/${rounds}  ${contender.padEnd(8)}  ${microseconds(usage, records).toFixed(2)} us/record`,
      );
    }
  }
  const figures = contenders.map((contender) => {
    const own = usages[contender];
    const ratios = own.map(({ cpuMs }, round) => cpuMs / (usages.undici[round]?.cpuMs ?? Number.NaN));
    return [
      contender,
      renderSpread(spreadOf(own.map((usage) => microseconds(usage, records))), (us) => us.toFixed(2)),
      renderSpread(spreadOf(ratios), (ratio) => ratio.toFixed(2)),
      renderSpread(spreadOf(own.map(({ wallMs }) => records / wallMs)), (rate) => rate.toFixed(0)),
      Math.max(...own.map(({ peakRssBytes }) => peakRssBytes / 2 ** 20)).toFixed(0),
    ];
  });
  const columns = [
    words(''),
    ...['CPU us/record', '/ undici', '1,000 records/s', 'Peak MB'].map(figure),
  ] as const;
  result(renderColumns(columns, figures, form));
  result(`${formatCount(records)} records, ${workers} workers x ${batchSize}; ${describeMachine(machine)}`);
  return 0;
}

function microseconds({ cpuMs }: Usage, records: number): number {
  return (cpuMs * 1000) / records;
}

/** How much is measured. */
interface LimitSizes {
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
async function measureInputs(
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
