import { FileRunStore } from './file/file-run-store.js';
import type { RunStore } from './run-store.js';

/** The ledgers of a run: here it is decided where they are kept. */
export function openRunStore(runDirectory: string): RunStore {
  return new FileRunStore(runDirectory);
}
