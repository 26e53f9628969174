import type { ErrorFacts } from '../../src/errors/supervise-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { VaultState } from './vault-state.js';

/** Decides which of several jobs for one vault may begin, and when all of them are to end. */
export interface JobGate {
  /** Waits until the job may begin, and resolves with what it begins as; undefined: it is not to begin any more. */
  admit(job: VaultJob, signal: AbortSignal): Promise<VaultJob | undefined>;
  ended(job: VaultJob, outcome: VaultOutcome): void;
  /** Where all of the vault's jobs together stand; comes back with why none of them is to go on, once. */
  changed(vault: string, state: VaultState): ErrorFacts | undefined;
}
