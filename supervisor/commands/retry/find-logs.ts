import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import { findRun, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { isRunId } from '../../../src/run-record/run-id.js';
import { chooseRun } from '../../history/choose-run.js';
import { findRuns } from '../../history/known-runs.js';
import { failedLeft } from '../../history/failed-records.js';
import { findRetries } from './earlier-runs.js';

/**
 * The error logs that are meant: files as they are named, and of a run that is named the newest log of all its vaults.
 * Where nothing is named, the one run is meant that has failed records which no retry has sent yet.
 */
export async function findLogs(named: readonly string[], runsDirectory: string): Promise<readonly string[]> {
  if (named.length === 0) return logsOfChosenRun(runsDirectory);
  const files: string[] = [];
  for (const word of named) {
    const isDirectory = await stat(word).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isRunId(word) && !isDirectory) {
      files.push(resolve(word));
      continue;
    }
    const run = await findRun(runsDirectory, word);
    const logs = await logsOf(run);
    if (logs.length === 0) {
      throw new SuperviseError('usage', `the run ${run.runId} has no error log: no record of it failed`);
    }
    files.push(...logs);
  }
  return files;
}

async function logsOfChosenRun(runsDirectory: string): Promise<readonly string[]> {
  const retries = await findRetries(runsDirectory);
  const logsByRun = new Map<string, readonly string[]>();
  const fitting = [];
  for (const run of await findRuns(runsDirectory)) {
    const { runId } = run.directory;
    if ((await failedLeft(run, retries)) === 0) continue;
    const logs = await logsOf(run.directory);
    if (logs.length === 0) continue;
    logsByRun.set(runId, logs);
    fitting.push(run);
  }
  const chosen = await chooseRun(fitting, {
    command: 'retry',
    fits: ['has failed records that were not sent again', 'have failed records that were not sent again'],
    runsDirectory,
  });
  return logsByRun.get(chosen.directory.runId) ?? [];
}

/** The newest merged log; where the supervisor was killed before there was one, the logs of the vaults. */
async function logsOf({ path }: RunDirectory): Promise<readonly string[]> {
  const { merged, ofVaults } = await openRunStore(path).errorLogs();
  return merged === undefined ? ofVaults : [merged];
}
