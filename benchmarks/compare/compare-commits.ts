import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import {
  type ScriptContext,
  type ScriptDefinition,
  batchSizeOption,
  jsonOption,
  markdownOption,
  workersOption,
} from '../command-line/script.js';
import type { LoadMeasurement } from '../load/measure-load.js';
import { openBench, type Bench } from '../load/open-bench.js';
import { describeMachine, machineFacts } from '../measure/machine-facts.js';
import { fixedLatency } from '../target/latency-profile.js';
import { measuredProgram } from '../target/program.js';
import { checkOutBase } from './base-checkout.js';
import { figure, words } from '../../src/report/render-table.js';
import { median, ratioInterval, noiseVerdict, type RatioInterval } from '../measure/statistics.js';
import { renderColumns, type TableForm } from '../measure/table.js';

/** What `bench:compare` takes on its command line. */
export const compareScript: ScriptDefinition = {
  name: 'bench:compare',
  description:
    'Compares this checkout with another commit: builds BASE in a temporary folder, loads the same records with both in turn (A B, B A, ...) into a sandbox, and gives the ratio of CPU time and of wall time with its 95 % interval. Says "no difference resolved" when the interval includes 1.',
  lasts: 'about 5 minutes with 9 pairs, and the build of the other commit before them',
  operand: 'BASE',
  options: [
    { name: '--records', placeholder: 'N', description: 'Records of each load (default: 200,000).' },
    { name: '--pairs', placeholder: 'N', description: 'Loads of each side, at least 2 (default: 9).' },
    {
      name: '--latency',
      placeholder: 'MS',
      description: 'Latency of the sandbox in milliseconds (default: 0, so that the program is the limit).',
    },
    workersOption,
    batchSizeOption,
    jsonOption,
    markdownOption,
  ],
  run: compareCommits,
};

/** `bench:compare`: the same loads with the program of BASE and with that of this checkout, in turn. */
async function compareCommits(context: ScriptContext): Promise<number> {
  const { values, progress, result, notes, stop } = context;
  const base = values.operand;
  if (base === undefined) {
    throw new SuperviseError('usage', 'bench:compare needs the commit to compare with', {
      hint: 'Such as: npm run bench:compare -- main',
    });
  }
  const records = values.wholeNumber('--records', 1, 100_000_000) ?? 200_000;
  const pairs = values.wholeNumber('--pairs', 2, 1000) ?? 9;
  const load = {
    concurrency: values.wholeNumber('--concurrency', 1, 1024) ?? 32,
    batchSize: values.wholeNumber('--batch-size', 1, 10_000) ?? 300,
    records,
  };
  const latencyMs = values.wholeNumber('--latency', 0, 60_000) ?? 0;
  const machine = machineFacts();
  await using checkout = await checkOutBase({ base, signal: stop.stopping, progress });
  await using bench = await openBench(context, {
    configFile: undefined,
    vaultNames: undefined,
    sandbox: { profile: fixedLatency(latencyMs), vaults: 1 },
    mostRecords: records,
    loads: 2 * pairs + 2,
    recordsPerVault: 0,
  });
  const sides = { base: checkout.program, test: measuredProgram } as const;
  const measured: Record<Side, LoadMeasurement[]> = { base: [], test: [] };
  progress('warming up');
  for (const side of ['base', 'test'] as const) await measure(bench, { ...load, program: sides[side] });
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? (['base', 'test'] as const) : (['test', 'base'] as const);
    for (const side of order) {
      measured[side].push(await measure(bench, { ...load, program: sides[side] }));
    }
    progress(`pair ${pair + 1}/${pairs}`);
  }
  const comparison = compareSides(measured, records);
  const names = {
    base: checkout.commit.slice(0, 10),
    test: `this checkout (${machine.commit ?? 'no commit'})`,
  };
  if (values.on('--json')) {
    result(JSON.stringify({ format_version: 1, machine, ...names, ...load, pairs, comparison }));
    return 0;
  }
  result(`base ${names.base}, test ${names.test}\n`);
  result(renderComparison(comparison, values.on('--markdown') ? 'markdown' : 'text'));
  notes(
    `${formatCount(records)} records, ${pairs} pairs in alternating order, 95 % intervals; embedded sandbox, latency ${latencyMs} ms`,
    describeMachine(machine),
  );
  return 0;
}

async function measure(bench: Bench, load: Parameters<Bench['load']>[0]): Promise<LoadMeasurement> {
  const measured = await bench.load(load);
  if (measured.exitStatus === 0) return measured;
  throw new SuperviseError(
    'crashed',
    `a load with ${load.program ?? measuredProgram} ended with ${measured.exitStatus}`,
  );
}

/** `base` is what was, `test` what is. */
type Side = 'base' | 'test';

/** What of a load is compared. */
interface ComparedLoad {
  readonly wallMs: number;
  readonly cpuMs: number | undefined;
}

interface ComparedFigure {
  readonly figure: string;
  /** Medians. */
  readonly base: number;
  readonly test: number;
  readonly ratio: RatioInterval;
  readonly verdict: ReturnType<typeof noiseVerdict>;
}

/** Compares CPU time per record, where it is known, and wall time of loads that were measured in pairs. */
export function compareSides(
  sides: Readonly<Record<Side, readonly ComparedLoad[]>>,
  records: number,
): ComparedFigure[] {
  const figures = [
    {
      figure: 'CPU us/record',
      read: ({ cpuMs }: ComparedLoad) => (cpuMs === undefined ? Number.NaN : (cpuMs * 1000) / records),
    },
    { figure: 'wall s', read: ({ wallMs }: ComparedLoad) => wallMs / 1000 },
  ];
  return figures.flatMap(({ figure, read }) => {
    const base = sides.base.map(read);
    const test = sides.test.map(read);
    if ([...base, ...test].some((value) => !(value > 0))) return [];
    const ratio = ratioInterval(base, test);
    return [{ figure, base: median(base), test: median(test), ratio, verdict: noiseVerdict(ratio) }];
  });
}

/** A row for each figure: medians, ratio with its interval, and what that says. */
export function renderComparison(figures: readonly ComparedFigure[], form: TableForm): string {
  const columns = [words('Figure'), ...['Base', 'Test', 'Test / base'].map(figure), words('')] as const;
  const rows = figures.map(({ figure, base, test, ratio, verdict }) => [
    figure,
    base.toFixed(2),
    test.toFixed(2),
    `${ratio.ratio.toFixed(3)} (${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)})`,
    verdict,
  ]);
  return renderColumns(columns, rows, form);
}
