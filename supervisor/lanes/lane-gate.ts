import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { limitPassed } from '../../src/errors/error-limit.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { JobGate } from '../run/run-jobs.js';
import type { VaultState } from '../run/vault-state.js';

interface Vault {
  working: number;
  /** A record has come back under its own token. */
  isProven: boolean;
  /** Why no other shard of it begins. */
  error: ErrorFacts | undefined;
  readonly maxErrors: number;
  readonly maxHeld: number;
}

/**
 * How many shards of a vault are worked on at a time: one until a record has come back under its own token, then as many as
 * there are lanes. What ended one shard with an error is not tried with the next, and limits count what all of them failed.
 */
export class LaneGate implements JobGate {
  readonly #lanes: number;
  readonly #vaults = new Map<string, Vault>();
  #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#lanes = Math.max(1, lanes);
  }

  /** Before its first shard. `isProven`: by an earlier command on the run. */
  add({ vault, performance }: VaultJob, isProven: boolean): void {
    const { max_errors: maxErrors, max_held: maxHeld = Infinity } = performance;
    this.#vaults.set(vault.name, {
      ...{ working: 0, isProven, error: undefined, maxHeld },
      // A share is one of the last records, which each shard counts for itself.
      maxErrors: typeof maxErrors === 'number' ? maxErrors : Infinity,
    });
  }

  async admit(job: VaultJob, signal: AbortSignal): Promise<VaultJob | undefined> {
    const vault = this.#vaults.get(job.vault.name);
    if (vault === undefined || job.shard === undefined) return job;
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      while (vault.working >= (vault.isProven ? this.#lanes : 1)) {
        if (signal.aborted || vault.error !== undefined) return undefined;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
    if (signal.aborted || vault.error !== undefined) return undefined;
    vault.working += 1;
    return { ...job, shard: { ...job.shard, isProven: vault.isProven } };
  }

  ended({ vault: { name }, shard }: VaultJob, { error }: VaultOutcome): void {
    const vault = this.#vaults.get(name);
    if (vault === undefined || shard === undefined) return;
    vault.working -= 1;
    vault.error ??= error;
    this.#wake();
  }

  /** Said once. */
  changed(name: string, { snapshot }: VaultState): ErrorFacts | undefined {
    const vault = this.#vaults.get(name);
    if (vault === undefined || snapshot === undefined || vault.error !== undefined) return undefined;
    const { uploaded, failed, held } = snapshot;
    if (uploaded > 0 && !vault.isProven) {
      vault.isProven = true;
      this.#wake();
    }
    const passed =
      held > vault.maxHeld ? 'max_held' : failed - held > vault.maxErrors ? 'max_errors' : undefined;
    if (passed === undefined) return undefined;
    vault.error = errorFacts(limitPassed(name, passed));
    this.#wake();
    return vault.error;
  }

  /** Why a vault was ended. */
  errorOf(name: string): ErrorFacts | undefined {
    return this.#vaults.get(name)?.error;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
