import { formatCount } from '../../src/report/format-numbers.js';
import { errorFacts } from '../../src/errors/supervise-error.js';
import { cutLedger } from '../../src/journal/cut-ledger.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import type { RunStore } from '../../src/journal/run-store.js';
import type { LedgerReading } from '../../src/journal/ledger-reading.js';
import { extentOfShards, type ShardPlan } from '../../src/journal/shard-plan.js';
import { DamageError, REPAIR } from '../../src/journal/storage-error.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { cutShards, extentMeant } from '../../src/protocol/extent-meant.js';
import { planByChild, type PlanningParts } from '../run/plan-vault.js';

/** What is done for a vault: nothing, one job for all of it, or one for each of its shards. */
export type DividedVault = { readonly job: VaultJob; readonly isProven: boolean } & (
  | { readonly kind: 'ended'; readonly outcome: VaultOutcome }
  | { readonly kind: 'whole'; readonly jobs: readonly VaultJob[] }
  | {
      readonly kind: 'shards';
      readonly jobs: readonly VaultJob[];
      readonly isLimited: boolean;
      readonly hasBegun: boolean;
    }
);

export interface DivideOptions {
  readonly job: VaultJob;
  /** The job without a look over the source. */
  readonly ofShards: VaultJob;
  readonly lanes: number;
  /** Takes the lock of the vault's table for this process. */
  readonly lock: (job: VaultJob) => Promise<void>;
}

/**
 * Divides the rows of a vault that nothing was sent of yet, or finds how they were divided when the run began; what was begun
 * as a whole goes on as a whole. Never rejects for what is the matter with the vault.
 */
export async function divideVault(parts: PlanningParts, options: DivideOptions): Promise<DividedVault> {
  const { job } = options;
  const { name, id, table } = job.vault;
  try {
    const runs = openRunStore(job.runDirectory);
    const known = await runs.shards(name);
    if (known === undefined && (options.lanes < 2 || (await runs.readLedger(name)) !== undefined))
      return whole(job);
    await options.lock(job);
    // With what an earlier command has said of the vault, which nobody else looks at.
    const prepared = parts.options.prepare?.(job) ?? job;
    return known === undefined
      ? await cutAnew(parts, runs, { ...options, job: prepared })
      : await goOn(runs, known, { ...options, job: prepared });
  } catch (error) {
    const outcome = {
      name,
      id,
      table,
      status: 'not_started',
      restarts: 0,
      error: errorFacts(error),
    } as const;
    return { kind: 'ended', job, isProven: false, outcome };
  }
}

function whole(job: VaultJob): DividedVault {
  return { kind: 'whole', job, isProven: false, jobs: [job] };
}

async function cutAnew(
  parts: PlanningParts,
  runs: RunStore,
  { job, ofShards, lanes }: DivideOptions,
): Promise<DividedVault> {
  const outcome = await planByChild(parts, job);
  const { findings } = outcome;
  if (findings?.kind !== 'plan')
    return { kind: 'ended', job, isProven: false, outcome: { ...outcome, status: 'not_started' } };
  const { rows, inputs, query, table_count: tableCount } = findings;
  const { isLimited, ...extent } = extentMeant(job, rows);
  const plan: ShardPlan = {
    ...{ format_version: 1, rows, inputs: [...inputs] },
    ...(query === null ? {} : { query }),
    ...(tableCount === null ? {} : { table_count: tableCount }),
    shards: cutEvenly(extent, lanes),
  };
  await cutLedger(runs, ledgerOf(job), plan);
  return {
    kind: 'shards',
    job,
    isProven: false,
    hasBegun: false,
    isLimited,
    jobs: laneJobs(ofShards, plan, undefined),
  };
}

async function goOn(
  runs: RunStore,
  known: ShardPlan,
  { job, ofShards, lanes }: DivideOptions,
): Promise<DividedVault> {
  const { isLimited, end } = extentMeant(job, known.rows);
  const before = extentOfShards(known);
  // A limit was raised: what is meant now and was not then comes in shards of its own.
  const plan =
    end <= before.end
      ? known
      : { ...known, shards: [...known.shards, ...cutEvenly({ start: before.end, end }, lanes)] };
  if (plan !== known) await cutLedger(runs, ledgerOf(job), plan, known);
  const reading = await readWhole(runs, job);
  const repair = job.ledger?.repair === true ? { repair: true } : undefined;
  const ledger =
    repair !== undefined && reading === undefined
      ? // Which shard has lost what nobody knows: each is asked for whatever it does not prove.
        { ...repair, evidence: { settledRows: Number.MAX_SAFE_INTEGER, hasBegun: true } }
      : repair;
  return {
    ...{ kind: 'shards', job, isLimited },
    isProven: (reading?.totals.uploaded ?? 0) > 0,
    hasBegun: reading === undefined || reading.totals.read > 0,
    jobs: laneJobs(ofShards, plan, ledger),
  };
}

/** What all shards say; undefined: one of them is damaged, or has forgotten, and is to be repaired. Throws what is not to be. */
async function readWhole(runs: RunStore, job: VaultJob): Promise<LedgerReading | undefined> {
  const { repair = false, evidence } = job.ledger ?? {};
  try {
    const reading = await runs.readLedger(job.vault.name);
    const settled = reading?.settled.size ?? 0;
    if (evidence === undefined || settled >= evidence.settledRows) return reading;
    throw new DamageError(
      `the journals of vault ${job.vault.name} are not those that were written: ${formatCount(settled)} rows are settled in them, but ${formatCount(evidence.settledRows)} were when the last command on this run ended`,
      { hint: REPAIR, forgotten: true },
    );
  } catch (error) {
    if (repair && error instanceof DamageError) return undefined;
    throw error;
  }
}

/** At least one, if it is of no rows. */
function cutEvenly(extent: ShardPlan['shards'][number], lanes: number): ShardPlan['shards'] {
  const rows = Math.max(1, Math.ceil((extent.end - extent.start) / lanes));
  const shards = cutShards(extent, rows);
  return shards.length === 0 ? [extent] : shards;
}

function ledgerOf({ runId, vault, startedAt }: VaultJob): Parameters<typeof cutLedger>[1] {
  const { name: vaultName, id: vaultId, table, column } = vault;
  return { owner: { runId, vaultName, vaultId, table, column }, startedAt: new Date(startedAt) };
}

/** A job for each shard of a vault, whose source was looked over when it was cut. */
function laneJobs(job: VaultJob, plan: ShardPlan, ledger: VaultJob['ledger']): VaultJob[] {
  const ofShard = { ...job };
  // What was planned was compared when the vault was cut; what is known of its journals is known of all of them.
  delete ofShard.plannedInputs;
  delete ofShard.ledger;
  const { rows, inputs, query, shards } = plan;
  return shards.map(({ start, end }, shard) => ({
    ...ofShard,
    ...(ledger === undefined ? {} : { ledger }),
    // How many of the vault's rows are meant was decided when it was cut.
    delivery: { ...job.delivery, maxRecordsIsDefault: false },
    shard: { shard, start, end, rows, inputs, ...(query === undefined ? {} : { query }) },
  }));
}
