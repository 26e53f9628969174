import { FileControl } from './file-control.js';
import type { RunControl } from './run-control.js';

/** What a run is steered by: here it is decided where orders are kept. */
export function openRunControl(runDirectory: string): RunControl {
  return new FileControl(runDirectory);
}
