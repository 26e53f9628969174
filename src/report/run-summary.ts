import { formatCount } from './format-numbers.js';
import type { ErrorFacts } from '../errors/supervise-error.js';
import type { VaultStatus } from '../protocol/messages.js';
import type { Findings } from '../protocol/task.js';
import { amountOf } from '../figures/figure.js';
import { averageMs, percentileMs } from '../figures/latency-histogram.js';
import { NOTHING_YET, together, type VaultSnapshot } from '../figures/snapshot.js';
import { statuses, type StopSignal } from '../status/statuses.js';
import { exitStatus, runStatus } from '../status/exit-status.js';
import type { MachineState } from '../store/machine-state.js';
import { pickFigures, SUMMARY_FORMAT_VERSION, type RunSummary, type VaultSummary } from './summary-format.js';

/** What the supervisor knows of one vault when the run ends. */
export interface VaultOutcome {
  readonly name: string;
  readonly id: string;
  readonly table: string;
  readonly status: VaultStatus;
  /** The last one received; absent when the vault never reported. */
  readonly snapshot?: VaultSnapshot | undefined;
  readonly error?: ErrorFacts | undefined;
  readonly restarts: number;
  /** How long this command worked on the vault, restarts included; without it, the last process' own time. */
  readonly durationMs?: number | undefined;
  /** What the journal held as uploaded when this command began, so that the throughput is of this command. */
  readonly uploadedBefore?: number | undefined;
  readonly errorLog?: string | undefined;
  /** Why its records failed, the most frequent first. */
  readonly failedByReason?: VaultSummary['failed_by_reason'] | undefined;
  /** What a task other than loading came to. */
  readonly findings?: Findings | undefined;
}

export interface RunOutcome {
  readonly programVersion: string;
  readonly runId: string;
  readonly runDirectory: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  /** How long this command worked; by a clock that nobody sets. */
  readonly durationMs: number;
  readonly vaults: readonly VaultOutcome[];
  readonly interruptedBy?: StopSignal | undefined;
  /** Why the run is not at its end although its vaults may be. */
  readonly error?: ErrorFacts | undefined;
  readonly mergedErrorLog?: string | undefined;
  /** Ready to be pasted into a shell. */
  readonly resumeCommand?: string | undefined;
  readonly anewCommand?: string | undefined;
  readonly retryCommand?: string | undefined;
  readonly machines?: readonly Pick<MachineState, 'worker' | 'shards' | 'rows'>[] | undefined;
  readonly remarks?: readonly string[] | undefined;
}

/**
 * The summary of a run. Every vault's figures are reconciled here: where they do not add up, the vault is
 * `incomplete` with an `internal` error that names them, whatever its child said.
 */
export function buildRunSummary(outcome: RunOutcome): RunSummary {
  const vaults = outcome.vaults.map(summarizeVault);
  const { durationMs, error } = outcome;
  const exit = exitStatus(vaults, outcome.interruptedBy, { isOpen: error !== undefined });
  const uploadedNow = outcome.vaults.reduce((sum, vault) => sum + uploadedByThisCommand(vault), 0);
  return {
    format_version: SUMMARY_FORMAT_VERSION,
    program_version: outcome.programVersion,
    run_id: outcome.runId,
    status: runStatus(exit),
    exit_code: exit,
    started_at: outcome.startedAt.toISOString(),
    finished_at: outcome.finishedAt.toISOString(),
    ...(outcome.interruptedBy === undefined ? {} : { interrupted_by: outcome.interruptedBy }),
    ...(error === undefined ? {} : { error: { ...error } }),
    totals: {
      ...totalsOf(together(outcome.vaults.map(({ snapshot = NOTHING_YET }) => snapshot))),
      restarts: outcome.vaults.reduce((sum, { restarts }) => sum + restarts, 0),
      duration_ms: durationMs,
      records_per_second: perSecond(uploadedNow, durationMs),
    },
    vaults,
    run_directory: outcome.runDirectory,
    ...(outcome.mergedErrorLog === undefined ? {} : { merged_error_log: outcome.mergedErrorLog }),
    ...(outcome.resumeCommand === undefined || exit === 2 ? {} : { resume_command: outcome.resumeCommand }),
    ...(outcome.anewCommand === undefined || exit === 2 ? {} : { load_command: outcome.anewCommand }),
    ...(outcome.retryCommand === undefined ? {} : { retry_command: outcome.retryCommand }),
    ...(outcome.machines === undefined
      ? {}
      : { machines: outcome.machines.map(({ worker, shards, rows }) => ({ worker, shards, rows })) }),
    remarks: [...(outcome.remarks ?? [])],
  };
}

function summarizeVault(outcome: VaultOutcome): VaultSummary {
  const snapshot = outcome.snapshot ?? NOTHING_YET;
  const { latency, timed_wall_ms: timedMs } = snapshot;
  const durationMs = outcome.durationMs ?? timedMs;
  const violation = reconcile(outcome, snapshot);
  const error = violation ?? outcome.error;
  return {
    name: outcome.name,
    id: outcome.id,
    table: outcome.table,
    status: violation === undefined ? outcome.status : 'incomplete',
    ...totalsOf(snapshot),
    restarts: outcome.restarts,
    duration_ms: durationMs,
    records_per_second: perSecond(uploadedByThisCommand(outcome), durationMs),
    ...(error === undefined ? {} : { error: { ...error } }),
    ...(outcome.errorLog === undefined ? {} : { error_log: outcome.errorLog }),
    failed_by_reason: [...(outcome.failedByReason ?? [])],
    latency_ms: {
      count: latency.count,
      average: averageMs(latency),
      min: latency.min_ms,
      max: latency.max_ms,
      p50: percentileMs(latency, 50),
      p95: percentileMs(latency, 95),
      p99: percentileMs(latency, 99),
    },
    ...pickFigures('vaults', snapshot),
    average_concurrency: timedMs > 0 ? amountOf(snapshot.timing_ms) / timedMs : 0,
  };
}

function totalsOf(snapshot: VaultSnapshot) {
  return { ...pickFigures('totals', snapshot), skipped: amountOf(snapshot.skipped_by_reason) };
}

/** What does not add up in a vault's figures, as an `internal` error that keeps the error it displaces. */
function reconcile(outcome: VaultOutcome, snapshot: VaultSnapshot): ErrorFacts | undefined {
  const { read, uploaded, failed, unsettled, rows_total: rowsTotal, confirmed, held } = snapshot;
  const skipped = amountOf(snapshot.skipped_by_reason);
  const figures = `read ${formatCount(read)}, uploaded ${formatCount(uploaded)}, failed ${formatCount(failed)}, skipped ${formatCount(skipped)}, open ${formatCount(unsettled)}`;
  const atItsEnd = statuses[outcome.status].isAtItsEnd;
  let broken: string | undefined;
  if (read !== uploaded + failed + skipped) broken = 'read is not uploaded + failed + skipped';
  else if (confirmed > uploaded) broken = `${formatCount(confirmed)} are confirmed, more than were uploaded`;
  else if (held > failed) broken = `${formatCount(held)} are held, more than have failed`;
  else if (atItsEnd && outcome.snapshot === undefined)
    broken = 'the vault is said to be done and never reported';
  else if (atItsEnd && unsettled > 0) broken = 'the vault is said to be done and has open rows';
  else if (atItsEnd && rowsTotal !== null && read !== rowsTotal) {
    broken = `the vault is said to be done and has settled ${formatCount(read)} of ${formatCount(rowsTotal)} rows`;
  } else if (outcome.status === 'complete' && failed > 0) {
    broken = 'the vault is said to be complete and has failed records';
  }
  if (broken === undefined) return undefined;
  const displaced = outcome.error === undefined ? '' : ` Before that: ${outcome.error.message}`;
  return {
    code: 'internal',
    message: `The figures of vault ${outcome.name} do not add up: ${broken} (${figures}).${displaced}`,
    hint: 'Keep the run directory, compare the journal with the vault, and report this as a defect.',
  };
}

function uploadedByThisCommand(vault: VaultOutcome): number {
  return Math.max(0, (vault.snapshot?.uploaded ?? 0) - (vault.uploadedBefore ?? 0));
}

function perSecond(count: number, durationMs: number): number {
  return durationMs > 0 ? (count * 1000) / durationMs : 0;
}
