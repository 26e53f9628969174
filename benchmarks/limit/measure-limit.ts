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
import { measureInputs } from './measure-inputs.js';
import type { Usage } from './report-usage.js';

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
