import { FileRunStore } from './file/file-run-store.js';
import { FileRuns } from './file/file-runs.js';
import type { Runs, RunStore } from './run-store.js';

/** The ledgers of a run: here it is decided where they are kept. */
export function openRunStore(runDirectory: string): RunStore {
  return new FileRunStore(runDirectory);
}

/** All runs below a directory. */
export function openRuns(runsDirectory: string): Runs {
  return new FileRuns(runsDirectory);
}
