import { resolve } from 'node:path';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { ScriptContext, ScriptDefinition } from '../command-line/script.js';
import type { LoadMeasurement } from '../load/measure-load.js';
import { openBench, readVaultCount, type Bench, targetOptions } from '../load/open-bench.js';
import { describeMachine } from '../measure/machine-facts.js';
import { readLatencyProfile } from '../target/latency-profile.js';
import { type SweepRow, ResultFile, type SweepPlan } from './result-file.js';
import {
  nameOf,
  readShape,
  sweeps,
  type SweepName,
  planMeasurements,
  recordsOf,
  type PlannedMeasurement,
  describeSweep,
} from './configurations.js';
import { renderSweep } from './render-sweep.js';

/** What a sweep takes on its command line. */
export function sweepScript(sweep: SweepName): ScriptDefinition {
  return {
    name: `bench:${sweep}`,
    description: `Loads ${sweeps[sweep].length} combinations of concurrency and batch size through skyflow-supervise, each several times in alternating order, and writes a row for each load into benchmark_results_<timestamp>.csv. Ctrl-C leaves a file that --resume goes on with.`,
    lasts: 'minutes to hours: how long its loads take is said before the first one',
    options: [
      {
        name: '--records',
        placeholder: 'N',
        description: 'Records for each vault in each load (default: --rounds batches for each worker).',
      },
      {
        name: '--rounds',
        placeholder: 'N',
        description:
          'Batches that each worker sends, which makes loads equally long (default: 20; with --target 4).',
      },
      { name: '--repetitions', placeholder: 'N', description: 'Loads of each combination (default: 3).' },
      {
        name: '--configurations',
        placeholder: 'C/B,...',
        description: 'Others than the usual combinations, such as 32/300,64/300.',
      },
      {
        name: '--latency',
        placeholder: 'PROFILE',
        description:
          "The sandbox's: realistic, breakdown, implied, live, or milliseconds (default: realistic, 592 ms on average).",
      },
      {
        name: '--vaults',
        placeholder: 'N',
        description: 'Vaults of the sandbox that are loaded at the same time, 1 to 4 (default: 1).',
      },
      ...targetOptions,
      { name: '--output', placeholder: 'FILE', description: 'Another name for the CSV file.' },
      {
        name: '--resume',
        placeholder: 'FILE',
        description: 'Go on with this file; everything else is as it was.',
      },
      { name: '--markdown', description: 'Print the table of medians in Markdown.' },
    ],
    run: (context) => runSweep(context, sweep),
  };
}

const mostRecords = 100_000_000;

/**
 * `bench:quick` and `bench:full`: loads every configuration in every repetition through the program as users run it
 * and writes one row for each. Stopped by a signal, it leaves a file that `--resume` goes on with.
 */
async function runSweep(context: ScriptContext, name: SweepName): Promise<number> {
  const { values, progress, result, notes } = context;
  const resumed = values.text('--resume');
  await using file =
    resumed === undefined
      ? await ResultFile.create(newPath(values.text('--output')), planOf(context, name))
      : await ResultFile.reopen(resolve(resumed));
  const { plan } = file;
  if (plan.sweep !== name) {
    throw new SuperviseError('usage', `--resume: ${file.path} belongs to npm run bench:${plan.sweep}`);
  }
  const configurations = plan.configurations.map(readShape);
  const left = planMeasurements(configurations, plan.repetitions, file.rows);
  const total = configurations.length * plan.repetitions;
  if (left.length > 0) {
    try {
      await measureAll(context, file, left);
    } catch (error) {
      if (file.rows.length === 0) {
        await file.discard();
        progress('Ended before the first result; nothing was written.');
      } else {
        progress(`Ended after ${file.rows.length} of ${total} loads. Go on with:`);
        progress(`  npm run bench:${name} -- --resume ${file.path}`);
      }
      throw error;
    }
  }
  const machine = plan.machines.at(-1);
  result(renderSweep(file.rows, values.on('--markdown') ? 'markdown' : 'text'));
  notes(
    plan.latency === null ? 'measured on a vault' : `embedded sandbox, latency ${plan.latency}`,
    'medians (lowest to highest)',
    ...(machine === undefined ? [] : [describeMachine(machine)]),
  );
  progress(`Analyse it with: npm run bench:analyze -- ${file.path}`);
  return 0;
}

/** Loads whose figures are thrown away come first: they warm the sandbox and the caches of files. */
async function measureAll(
  context: ScriptContext,
  file: ResultFile,
  left: readonly PlannedMeasurement[],
): Promise<void> {
  const { plan } = file;
  const [first] = left;
  if (first === undefined) return;
  const sizes = left.map(({ configuration }) => recordsOf(configuration, plan));
  const warmUp = Math.min(sizes[0] ?? 0, 2 * first.configuration.concurrency * first.configuration.batchSize);
  const profile = readLatencyProfile(plan.latency ?? 'realistic');
  context.progress(describeSweep(left, plan, profile, plan.target));
  await using bench = await openBench(context, {
    configFile: plan.config_file ?? undefined,
    vaultNames: plan.config_file === null || plan.vaults.length === 0 ? undefined : plan.vaults,
    sandbox: { profile, vaults: plan.vaults.length },
    mostRecords: Math.max(...sizes),
    loads: left.length + 1,
    recordsPerVault: sizes.reduce((sum, size) => sum + size, warmUp),
  });
  context.progress(`results: ${file.path}`);
  context.progress(`warming up with ${nameOf(first.configuration)}`);
  await bench.load({ ...first.configuration, records: warmUp });
  const total = plan.configurations.length * plan.repetitions;
  for (const measurement of left) {
    const row = await measureOne(bench, measurement, recordsOf(measurement.configuration, plan));
    await file.append(row);
    context.progress(progressLine(row, file.rows.length, total));
  }
}

async function measureOne(
  bench: Bench,
  { configuration, repetition }: PlannedMeasurement,
  records: number,
): Promise<SweepRow> {
  const measuredAt = new Date();
  const measured = await bench.load({ ...configuration, records });
  return {
    measured_at: measuredAt.toISOString(),
    target: bench.target.kind,
    vaults: bench.target.vaults.length,
    concurrency: configuration.concurrency,
    batch_size: configuration.batchSize,
    repetition,
    records: records * bench.target.vaults.length,
    ...figuresOf(measured, records * bench.target.vaults.length),
  };
}

function figuresOf(
  measured: LoadMeasurement,
  records: number,
): Omit<
  SweepRow,
  'measured_at' | 'target' | 'vaults' | 'concurrency' | 'batch_size' | 'repetition' | 'records'
> {
  const { latencyMs, loadMs, cpuMs } = measured;
  return {
    uploaded: measured.uploaded,
    failed: measured.failed,
    unsettled: measured.unsettled,
    exit_status: measured.exitStatus,
    wall_s: measured.wallMs / 1000,
    load_s: loadMs / 1000,
    records_per_second: loadMs > 0 ? (measured.uploaded * 1000) / loadMs : 0,
    requests: measured.requests,
    retries: measured.retries,
    throttled: measured.throttled,
    latency_avg_ms: latencyMs.average,
    latency_p50_ms: latencyMs.p50,
    latency_p95_ms: latencyMs.p95,
    latency_p99_ms: latencyMs.p99,
    latency_max_ms: latencyMs.max,
    average_concurrency: measured.averageConcurrency,
    cpu_s: cpuMs === undefined ? undefined : cpuMs / 1000,
    cpu_us_per_record: cpuMs === undefined ? undefined : (cpuMs * 1000) / records,
    rss_mib: measured.rssBytes / 2 ** 20,
  };
}

type Shown = Pick<
  SweepRow,
  'concurrency' | 'batch_size' | 'records_per_second' | 'throttled' | 'exit_status' | 'wall_s'
>;

/** One load of a sweep, when it has ended. */
export function progressLine(row: Shown, done: number, total: number): string {
  const rate = `${formatCount(row.records_per_second)} records/s`;
  const throttled = row.throttled === 0 ? '' : `, ${formatCount(row.throttled)} x 429`;
  const status = row.exit_status === 0 ? '' : `, exit status ${row.exit_status}`;
  const name = `${row.concurrency}/${row.batch_size}`.padEnd(8);
  const all = formatCount(total);
  return `${formatCount(done).padStart(all.length)}/${all}  ${name} ${rate}, ${row.wall_s.toFixed(1)} s${throttled}${status}`;
}

function planOf(context: ScriptContext, sweep: SweepName): Omit<SweepPlan, 'machines'> {
  const { values } = context;
  const configFile = values.text('--target');
  const chosen = values.words('--configurations')?.map((text) => nameOf(readShape(text)));
  const records = values.wholeNumber('--records', 1, mostRecords);
  const vaultCount = readVaultCount(context, 1);
  if (configFile === undefined && values.text('--vault') !== undefined) {
    throw new SuperviseError('usage', '--vault chooses vaults of --target; the sandbox takes --vaults N');
  }
  const sandboxVaults = ['NAME', 'ID', 'DOB', 'SSN'].slice(0, vaultCount);
  return {
    format_version: 1,
    sweep,
    target: configFile === undefined ? 'sandbox' : 'vault',
    config_file: configFile === undefined ? null : resolve(configFile),
    vaults: configFile === undefined ? sandboxVaults : [...(values.words('--vault') ?? [])],
    latency:
      configFile === undefined ? readLatencyProfile(values.text('--latency') ?? 'realistic').name : null,
    configurations: [...new Set(chosen ?? sweeps[sweep].map(nameOf))],
    repetitions: values.wholeNumber('--repetitions', 1, 100) ?? 3,
    records: records ?? null,
    rounds: values.wholeNumber('--rounds', 1, 10_000) ?? (configFile === undefined ? 20 : 4),
  };
}

/** In the folder of the caller, named after the time as the reference does it. */
function newPath(named: string | undefined): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return resolve(named ?? `benchmark_results_${day}_${time}.csv`);
}
