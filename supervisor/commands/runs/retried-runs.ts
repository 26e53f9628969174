import { findRetries } from '../retry/earlier-runs.js';

/** Ids of the runs below a directory whose failed records were sent again by another run. */
export async function retriedRuns(runsDirectory: string): Promise<ReadonlySet<string | undefined>> {
  const retries = await findRetries(runsDirectory);
  return new Set(retries.flatMap(({ logs }) => logs.map(({ run }) => run)));
}
