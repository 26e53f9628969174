import type { SweepConfiguration } from './configurations.js';
import type { SweepRow } from './columns.js';

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
