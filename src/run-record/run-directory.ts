import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertPrivateRun } from '../trust/open-private.js';
import { openRuns } from '../journal/open-run-store.js';
import { namesAnother } from './files-among-runs.js';
import { isRunId } from './run-id.js';

/** The files of one run, all of mode 0600 in a directory of mode 0700. */
export interface RunDirectory {
  readonly runId: string;
  readonly path: string;
  readonly statusFile: string;
  readonly summaryFile: string;
  readonly logFile: string;
  /** How the run went, in figures. */
  readonly timelineFile: string;
  /** Held by the supervisor that works on the run. */
  readonly lockFile: string;
}

export function runDirectoryAt(runsDirectory: string, runId: string): RunDirectory {
  const path = join(resolve(runsDirectory), runId);
  return {
    runId,
    path,
    statusFile: join(path, 'status.json'),
    summaryFile: join(path, 'summary.json'),
    logFile: join(path, 'run.log'),
    timelineFile: join(path, 'timeline.jsonl'),
    lockFile: join(path, 'run.lock'),
  };
}

/** Makes the directory of a new run. Throws `storage` when that is not possible. */
export async function createRunDirectory(runsDirectory: string, runId: string): Promise<RunDirectory> {
  const directory = runDirectoryAt(runsDirectory, runId);
  try {
    await mkdir(resolve(runsDirectory), { recursive: true, mode: 0o700 });
    await mkdir(directory.path, { mode: 0o700 });
  } catch (error) {
    throw new SuperviseError(
      'storage',
      `the run directory ${directory.path} cannot be made (${systemCode(error) ?? String(error)})`,
      { hint: namesAnother, cause: error },
    );
  }
  return directory;
}

/** A run by its id below `runsDirectory`, or by the path of its directory. Throws `storage` for one that is not ours. */
export async function findRun(runsDirectory: string, idOrPath: string): Promise<RunDirectory> {
  const path = isRunId(idOrPath) ? join(resolve(runsDirectory), idOrPath) : resolve(idOrPath);
  const runId = path.split(/[\\/]/).at(-1) ?? '';
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory || !isRunId(runId)) {
    const known = await openRuns(runsDirectory).ids();
    const newest = known.at(-1);
    throw new SuperviseError('usage', `no run ${idOrPath} in ${resolve(runsDirectory)}`, {
      hint:
        newest === undefined
          ? 'There are no runs there; --run-dir names another place.'
          : `The newest run is ${newest}.`,
    });
  }
  await assertPrivateRun(path);
  return runDirectoryAt(join(path, '..'), runId);
}

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
