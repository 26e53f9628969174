import { SuperviseError } from '../../src/errors/supervise-error.js';

/** One point of a sweep. */
export interface SweepConfiguration {
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
