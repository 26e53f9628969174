import { figure } from '../../src/report/render-table.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import {
  type ScriptContext,
  type ScriptDefinition,
  batchSizeOption,
  jsonOption,
} from '../command-line/script.js';
import { openBench, type Bench, targetOptions } from '../load/open-bench.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { startSink } from '../sink/start-sink.js';
import { spreadOf, type Spread } from '../measure/statistics.js';
import { renderColumns, type TableForm } from '../measure/table.js';
import { fixedLatency } from '../target/latency-profile.js';

/** What `bench:latency` takes on its command line. */
export const latencyScript: ScriptDefinition = {
  name: 'bench:latency',
  description:
    'Measures throughput over theory (concurrency x batch / latency) for a grid of concurrencies and latencies. The clock runs from the first row to the last answer: opening the connections is included, the start of the processes is not; a second table has the whole command.',
  lasts: 'about 7 minutes with 3 repetitions',
  options: [
    { name: '--concurrency', placeholder: 'N,...', description: 'Workers (default: 8,32,128,256).' },
    {
      name: '--latency',
      placeholder: 'MS,...',
      description: 'Latencies in milliseconds (default: 20,100,200,500).',
    },
    batchSizeOption,
    {
      name: '--seconds',
      placeholder: 'N',
      description: 'How long a load takes if latency is all that counts (default: 5).',
    },
    {
      name: '--records',
      placeholder: 'N',
      description: 'The most records of one load (default: 1,000,000).',
    },
    { name: '--repetitions', placeholder: 'N', description: 'Loads of each cell (default: 3).' },
    ...targetOptions,
    jsonOption,
    { name: '--markdown', description: 'Print the tables in Markdown.' },
  ],
  run: measureGrid,
};

interface CellResult extends GridCell {
  readonly batchSize: number;
  /** Of the load itself, and of the whole command, in parts of 1. */
  readonly loadShare: Spread;
  readonly commandShare: Spread;
  readonly recordsPerSecond: Spread;
}

/** A real vault has the latency that it has; it is measured, and this says where to put it in the plan. */
const assumedLatencyMs = 500;

/** `bench:latency`: every cell of the grid in every repetition, and the share of the theoretical rate it reaches. */
async function measureGrid(context: ScriptContext): Promise<number> {
  const { values, progress, result, notes } = context;
  const real = values.text('--target');
  const batchSize = values.wholeNumber('--batch-size', 1, 10_000) ?? 300;
  const concurrencies = values.wholeNumbers('--concurrency', 1, 1024) ?? [8, 32, 128, 256];
  const latencies = values.wholeNumbers('--latency', 1, 60_000);
  if (real !== undefined && latencies !== undefined) {
    throw new SuperviseError('usage', '--latency is for the sandbox; that of a vault is measured');
  }
  const repetitions = values.wholeNumber('--repetitions', 1, 100) ?? 3;
  const latenciesMs = real === undefined ? (latencies ?? [20, 100, 200, 500]) : [assumedLatencyMs];
  const cells = planGrid(concurrencies, latenciesMs, {
    batchSize,
    secondsPerCell: values.wholeNumber('--seconds', 1, 3600) ?? 5,
    maxRecords: values.wholeNumber('--records', 1, 100_000_000) ?? (real === undefined ? 1_000_000 : 50_000),
  });
  const perPass = cells.reduce((sum, { records }) => sum + records, 0);
  const results: CellResult[] = [];
  const machine = machineFacts();
  await using bench = await openBench(context, {
    configFile: real,
    vaultNames: values.words('--vault'),
    sandbox: { profile: fixedLatency(latenciesMs[0] ?? assumedLatencyMs), vaults: 1, start: startSink },
    mostRecords: Math.max(...cells.map(({ records }) => records)),
    loads: cells.length * repetitions + 1,
    recordsPerVault: perPass * repetitions + batchSize,
  });
  progress('warming up');
  await bench.load({ concurrency: 1, batchSize, records: batchSize });
  for (const [at, cell] of cells.entries()) {
    const measured = await measureCell(bench, { ...cell, batchSize }, repetitions);
    results.push(measured);
    const { concurrency, latencyMs, loadShare } = measured;
    const latency = bench.sandbox === undefined ? '' : ` x ${latencyMs} ms`;
    progress(`${at + 1}/${cells.length}  ${concurrency}${latency}: ${percent(loadShare.median)} of theory`);
  }
  if (values.on('--json')) {
    result(JSON.stringify({ format_version: 1, machine, target: bench.target.title, cells: results }));
    return 0;
  }
  const form = values.on('--markdown') ? 'markdown' : 'text';
  const isReal = bench.sandbox === undefined;
  result('Throughput over concurrency x batch / latency, from the first row to the last answer:');
  result('');
  result(renderGrid(results, (cell) => cell.loadShare, { form, isReal }));
  result('');
  result('The same of the whole command, start and summary included:');
  result('');
  result(renderGrid(results, (cell) => cell.commandShare, { form, isReal }));
  notes(
    `batch ${batchSize}; ${repetitions} load(s) each, median (lowest to highest); ${isReal ? bench.target.title : 'a sink, which stores nothing'}`,
    describeMachine(machine),
  );
  return 0;
}

async function measureCell(
  bench: Bench,
  cell: GridCell & { readonly batchSize: number },
  repetitions: number,
): Promise<CellResult> {
  const { concurrency, latencyMs, batchSize, records } = cell;
  await bench.sandbox?.setLatency(fixedLatency(latencyMs));
  const runs: { load: number; command: number; rate: number }[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const measured = await bench.load({ concurrency, batchSize, records });
    const meanMs = bench.sandbox === undefined ? measured.latencyMs.average : latencyMs;
    const theory = theoreticalRate(concurrency, batchSize, meanMs) * bench.target.vaults.length;
    const rate = (measured.uploaded * 1000) / measured.loadMs;
    runs.push({
      load: rate / theory,
      command: (measured.uploaded * 1000) / measured.wallMs / theory,
      rate,
    });
  }
  return {
    ...cell,
    loadShare: spreadOf(runs.map(({ load }) => load)),
    commandShare: spreadOf(runs.map(({ command }) => command)),
    recordsPerSecond: spreadOf(runs.map(({ rate }) => rate)),
  };
}

/** A row for each concurrency, a column for each latency. */
function renderGrid(
  results: readonly CellResult[],
  read: (cell: CellResult) => Spread,
  { form, isReal }: { form: TableForm; isReal: boolean },
): string {
  const latencies = [...new Set(results.map(({ latencyMs }) => latencyMs))];
  const concurrencies = [...new Set(results.map(({ concurrency }) => concurrency))];
  const named = latencies.map((ms) => (isReal ? 'its latency' : `${formatCount(ms)} ms`));
  const columns = ['Concurrency', ...named].map(figure);
  const rows = concurrencies.map((concurrency) => [
    String(concurrency),
    ...latencies.map((latencyMs) => {
      const cell = results.find((each) => each.concurrency === concurrency && each.latencyMs === latencyMs);
      return cell === undefined ? '' : renderShares(read(cell));
    }),
  ]);
  return renderColumns(columns, rows, form);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** `96.2 % (95-97)`: short, since a line has to take four. */
function renderShares(spread: Spread): string {
  const { count, median, min, max } = spread;
  const whole = (share: number): string => (share * 100).toFixed(0);
  return count === 1 ? percent(median) : `${percent(median)} (${whole(min)}-${whole(max)})`;
}

/** One cell of the grid. */
interface GridCell {
  readonly concurrency: number;
  readonly latencyMs: number;
  /** To load, for each vault. */
  readonly records: number;
}

interface GridLimits {
  readonly batchSize: number;
  /** How long a cell would take if nothing but latency cost time. */
  readonly secondsPerCell: number;
  readonly maxRecords: number;
}

/**
 * The cells of a grid. Each has about the same length, but every worker sends at least four batches and no cell
 * has more than `maxRecords`, so that a short latency with many workers stays bounded.
 */
export function planGrid(
  concurrencies: readonly number[],
  latenciesMs: readonly number[],
  { batchSize, secondsPerCell, maxRecords }: GridLimits,
): GridCell[] {
  return latenciesMs.flatMap((latencyMs) =>
    concurrencies.map((concurrency) => {
      const rounds = Math.max(4, Math.round((secondsPerCell * 1000) / Math.max(1, latencyMs)));
      const whole = Math.max(1, Math.floor(maxRecords / (concurrency * batchSize)));
      const records = Math.min(rounds, whole) * concurrency * batchSize;
      return { concurrency, latencyMs, records: Math.min(records, maxRecords) };
    }),
  );
}

/** Records per second that latency alone allows: every worker always has a request out. */
export function theoreticalRate(concurrency: number, batchSize: number, latencyMs: number): number {
  return (concurrency * batchSize * 1000) / latencyMs;
}
