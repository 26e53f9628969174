import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { SweepRow } from './result-file.js';
import { formatCount, formatDuration } from '../../src/report/format-numbers.js';
import { meanLatencyMs, type LatencyProfile } from '../target/latency-profile.js';

/** One point of a sweep. */
interface SweepConfiguration {
  readonly concurrency: number;
  readonly batchSize: number;
}

export type SweepName = 'quick' | 'full';

/** The reference's five. */
const quick = ['32/100', '32/300', '50/100', '100/300', '200/50'];

/**
 * The five, and eight more that make two lines through them: batches of 100, 200, 300 and 500 at 32 workers, and 8
 * to 128 workers at batches of 300, with 64 and 128 workers at batches of 100 beside them.
 */
const full = [...quick, '8/300', '16/300', '64/300', '128/300', '32/200', '32/500', '64/100', '128/100'];

/** The configurations of a sweep. */
export const sweeps: Readonly<Record<SweepName, readonly SweepConfiguration[]>> = {
  quick: quick.map(readShape),
  full: full.map(readShape),
};

/** From `32/300`: 32 workers, batches of 300. Throws `usage`. */
export function readShape(text: string): SweepConfiguration {
  const [, workers, records] = /^(\d{1,4})\/(\d{1,5})$/.exec(text.trim()) ?? [];
  const concurrency = Number(workers);
  const batchSize = Number(records);
  if (concurrency >= 1 && concurrency <= 1024 && batchSize >= 1 && batchSize <= 10_000) {
    return { concurrency, batchSize };
  }
  throw new SuperviseError(
    'usage',
    '--configurations: found something that is no CONCURRENCY/BATCH, such as 32/300',
    { hint: 'Concurrency is 1 to 1024, batch 1 to 10000; with commas between: 32/100,32/300.' },
  );
}

/** `32/300`. */
export function nameOf({ concurrency, batchSize }: SweepConfiguration): string {
  return `${concurrency}/${batchSize}`;
}

/** One load of a sweep. */
export interface PlannedMeasurement {
  readonly configuration: SweepConfiguration;
  /** From 1. */
  readonly repetition: number;
}

/**
 * What is left to measure: every configuration once in each repetition, forwards in odd ones and backwards in even
 * ones, so that a machine or vault that slowly changes does not favour the first. Rows that are there are left out.
 */
export function planMeasurements(
  configurations: readonly SweepConfiguration[],
  repetitions: number,
  rows: readonly Pick<SweepRow, 'concurrency' | 'batch_size' | 'repetition'>[],
): PlannedMeasurement[] {
  const done = new Set(rows.map((row) => `${row.concurrency}/${row.batch_size}/${row.repetition}`));
  const planned: PlannedMeasurement[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    const order = repetition % 2 === 1 ? configurations : configurations.toReversed();
    for (const configuration of order) {
      const { concurrency, batchSize } = configuration;
      if (!done.has(`${concurrency}/${batchSize}/${repetition}`)) planned.push({ configuration, repetition });
    }
  }
  return planned;
}

/** Records of one load for each vault: so many batches for each worker, or a number that is the same for all. */
export function recordsOf(
  { concurrency, batchSize }: SweepConfiguration,
  { records, rounds }: { readonly records: number | null; readonly rounds: number },
): number {
  return records ?? rounds * concurrency * batchSize;
}

/** Start, connections and end of one load, and what it takes to delete its records. */
const aroundLoadMs = 2000;

/**
 * How long the loads that are left take, in milliseconds: each worker waits so many times for an answer. A lower
 * bound where the machine or the vault cannot keep up with the workers.
 */
export function estimateSweepMs(
  left: readonly PlannedMeasurement[],
  size: { readonly records: number | null; readonly rounds: number },
  latencyMs: number,
): number {
  return left.reduce((sum, { configuration }) => {
    const { concurrency, batchSize } = configuration;
    const batches = Math.ceil(recordsOf(configuration, size) / batchSize);
    return sum + aroundLoadMs + Math.ceil(batches / concurrency) * latencyMs;
  }, 0);
}

/** What a sweep says before it begins: how many loads are left, for how long, and what that rests on. */
export function describeSweep(
  left: readonly PlannedMeasurement[],
  size: { readonly records: number | null; readonly rounds: number },
  profile: LatencyProfile,
  target: 'sandbox' | 'vault',
): string {
  const latencyMs = meanLatencyMs(profile);
  const loads = left.length === 1 ? '1 load' : `${formatCount(left.length)} loads`;
  const time = formatDuration(estimateSweepMs(left, size, latencyMs));
  const answers = `${target === 'vault' ? 'if the vault answers' : 'the sandbox answers'} in ${formatCount(latencyMs)} ms on average`;
  return `${loads}, about ${time}: ${answers}; longer where this machine cannot keep up`;
}
