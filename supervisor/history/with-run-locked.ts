import { acquireLock } from '../../src/journal/lock.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';

/** Does something while nobody else works on the run. Throws `locked` when somebody does. */
export async function withRunLocked<T>(
  { lockFile, runId }: RunDirectory,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(lockFile, { waitMs: 0, describe: `run ${runId}` });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
