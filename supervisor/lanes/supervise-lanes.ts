import { dirname } from 'node:path';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { Lock } from '../../src/journal/lock.js';
import { openRuns } from '../../src/journal/open-run-store.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { isUnfinished } from '../../src/status/exit-status.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import { RunFailure } from '../run/run-failure.js';
import { runJobs, type JobsEnd, type JobsRequest, type JobGate } from '../run/run-jobs.js';
import { noRunLog } from '../observers/run-log.js';
import { broadcast } from '../observers/run-observer.js';
import { SecretRenewal } from '../secrets/secret-renewal.js';
import { divideVault, type DividedVault } from './divide-vault.js';
import { limitPassed } from '../../src/errors/error-limit.js';
import type { VaultState } from '../run/vault-state.js';

export interface LanesOptions {
  readonly directory: RunDirectory;
  /** Of each vault: to look its source over, or to load it whole, */
  readonly jobs: readonly VaultJob[];
  /** and to work on a shard of it. */
  readonly shardJobs: readonly VaultJob[];
  /** Shards of a vault that are worked on at the same time. */
  readonly lanes: number;
}

/**
 * Runs the vaults of a run on this machine, each of them by several children: its rows are divided into shards, whose
 * journals stand beside one another in the run directory and are read as one. This process has the locks of the tables.
 */
export async function superviseLanes(request: JobsRequest, wish: LanesOptions): Promise<JobsEnd> {
  const { view, log = noRunLog(), signals, maxParallelJobs = Infinity } = request;
  const { directory, jobs, lanes } = wish;
  if (signals === undefined) throw new RangeError('whoever has a vault loaded in lanes has its signals');
  const observer = broadcast([log.observer, view, ...(request.observers ?? [])], (error) => {
    log.logger.warn({ error: errorFacts(error) }, 'an observer failed');
  });
  const parts = {
    options: { ...request, signals },
    observer,
    secrets: new SecretRenewal(request.settings, (text) => observer.notice('warn', text)),
  };
  const gate = new LaneGate(lanes);
  const locks: Lock[] = [];
  try {
    const vaults: DividedVault[] = [];
    try {
      await observer.begun({ vaults: jobs.map(({ vault }) => vault.name), directory });
      const waiting = [...jobs.entries()];
      const divide = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const [at, job] = next;
          const ofShards = wish.shardJobs[at] ?? job;
          vaults[at] = await divideVault(parts, { job, ofShards, lanes, lock: (each) => lock(each, locks) });
        }
      };
      await Promise.all(Array.from({ length: Math.min(maxParallelJobs, jobs.length) }, divide));
    } catch (error) {
      await observer.settled();
      throw new RunFailure(error);
    }
    for (const { kind, job, isProven } of vaults) if (kind === 'shards') gate.add(job, isProven);
    const end = await runJobs({
      ...request,
      isBegun: true,
      gate,
      jobs: vaults.flatMap((vault) => (vault.kind === 'ended' ? [] : vault.jobs)),
      // The evidence of a vault in shards was looked at when they were made.
      prepare: (job) => (job.shard === undefined ? (request.prepare?.(job) ?? job) : job),
      maxParallelJobs: maxParallelJobs * lanes,
    });
    const ends = new Map(end.outcomes.map((outcome) => [outcome.name, outcome]));
    return { ...end, outcomes: vaults.map((vault) => outcomeOf(vault, ends, gate)) };
  } finally {
    for (const held of locks) await held.release();
  }
}

/** How long an own process is waited for that is still draining. */
const lockWaitMs = 15_000;

/** Nobody else loads into the table until the lock is released, which its children, who outlive us for a while, see to as well. */
async function lock(job: VaultJob, locks: Lock[]): Promise<void> {
  const { vault, skyflow } = job;
  const target = { vaultUrl: skyflow.vault_url, vaultId: vault.id, table: vault.table };
  const describe = `vault ${vault.name} (${vault.id}, table ${vault.table})`;
  const runs = openRuns(dirname(job.runDirectory));
  locks.push(await runs.lockTarget(target, job, { waitMs: lockWaitMs, describe }));
}

function outcomeOf(
  vault: DividedVault,
  ends: ReadonlyMap<string, VaultOutcome>,
  gate: LaneGate,
): VaultOutcome {
  if (vault.kind === 'ended') return vault.outcome;
  const { name, id, table } = vault.job.vault;
  const end = ends.get(name) ?? { name, id, table, status: 'not_started', restarts: 0 };
  if (vault.kind === 'whole') return end;
  if (end.status === 'complete' && vault.isLimited) return { ...end, status: 'limited' };
  if (!isUnfinished(end.status)) return end;
  const error = gate.errorOf(name) ?? end.error;
  // Its other shards were stopped for what ended one.
  const isEnded = end.status === 'interrupted' && gate.errorOf(name) !== undefined;
  const hasMore = end.status === 'not_started' && vault.hasBegun;
  return isEnded || hasMore ? { ...end, error, status: 'incomplete' } : { ...end, error };
}

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
class LaneGate implements JobGate {
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
