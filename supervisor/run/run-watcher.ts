import type { ErrorFacts } from '../../src/errors/supervise-error.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { RunDirectory } from '../../src/run/run-directory.js';
import type { VaultState } from '../view/run-view.js';

/** How a command's work on a run came to its end: with a summary, or not even with that. */
export type RunEnd = { readonly summary: RunSummary } | { readonly failure: ErrorFacts };

/** Somebody who follows a run besides the person in front of the view. No call may throw or reject. */
export interface RunWatcher {
  /** The run has its lock and its record, and nothing has been sent: it waits for this. */
  begun?(directory: RunDirectory): Promise<void> | void;
  update?(vault: string, state: VaultState): void;
  /** The vault refuses its credential and waits for another one. */
  credentialWanted?(vault: string): void;
  /** The run's lock has been given up. */
  ended?(end: RunEnd): Promise<void>;
}
