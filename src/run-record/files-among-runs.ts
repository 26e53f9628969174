import { readdir } from 'node:fs/promises';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

/** What to do about a directory of runs that cannot be used. */
export const namesAnother = 'Name a directory that you may write to with --run-dir.';

/** The names of what lies beside the runs, them included; none when the directory does not exist. */
export async function filesAmongRuns(runsDirectory: string): Promise<string[]> {
  try {
    return await readdir(runsDirectory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new SuperviseError(
      'storage',
      `the directory of the runs, ${runsDirectory}, cannot be read (${systemCode(error) ?? String(error)})`,
      { hint: namesAnother, cause: error },
    );
  }
}
