import { SuperviseError } from '../errors/supervise-error.js';
import { assertPrivateRun } from '../trust/private-run.js';
import { openRuns } from '../journal/open-run-store.js';
import { runDirectoryAt } from './run-directory.js';

/**
 * Throws `storage` when a run below a directory can be read, but others made it or may change it: a command that chooses
 * a run by itself neither goes on with such a one nor does as if it were not there. Runs that cannot be read are others'
 * private ones.
 */
export async function assertOwnRuns(runsDirectory: string): Promise<void> {
  const runs = openRuns(runsDirectory);
  for (const runId of await runs.ids()) {
    const { path } = runDirectoryAt(runsDirectory, runId);
    try {
      await runs.open(runId).record();
      await assertPrivateRun(path);
    } catch (error) {
      if (error instanceof SuperviseError) throw error;
    }
  }
}
