import { errorFacts } from '../../src/errors/supervise-error.js';
import { placePieces, readPiecesText } from '../../src/source/fingerprints/piece-file.js';
import type { MoreShards, PlannedVault, VaultLimits } from '../../src/store/run-plan.js';
import { openStore } from '../../src/store/open-store.js';
import { extentMeant, cutShards } from '../../src/protocol/extent-meant.js';
import { broadcast } from '../observers/run-observer.js';
import type { JobsEnd, JobsRequest } from '../run/run-jobs.js';
import { noRunLog } from '../observers/run-log.js';
import { SecretRenewal } from '../secrets/secret-renewal.js';
import { clusterOutcomes } from './cluster-outcomes.js';
import type { ClusterOptions, ClusterParts } from './cluster-parts.js';
import { ShardQueue } from './shard-queue.js';
import { watchCluster } from './watch-cluster.js';
import { forgottenRun, keepWitness, lookBack } from './witness.js';
import { shareOf } from '../../src/rates/rates.js';
import { makeRunRecipient } from '../../src/privacy/identity-file.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { productVersion } from '../../src/product/product.js';
import { planByChild } from '../run/plan-vault.js';
import { sharedTargetOf } from './shared-tables.js';

/**
 * Runs the vaults of a run over all machines that share a store: plans and records it, hands its shards out, works on
 * some of them, watches, and writes its journals here when it has come to rest. It may die at any moment: the others go
 * on, and `resume` ends the run from anywhere.
 */
export async function superviseCluster(request: JobsRequest, cluster: ClusterOptions): Promise<JobsEnd> {
  const { view, log = noRunLog(), signals } = request;
  const { jobs } = cluster;
  if (signals === undefined)
    throw new RangeError('whoever has a run over several machines stopped has its signals');
  const options = { ...request, jobs, signals };
  const observer = broadcast([log.observer, view, ...(request.observers ?? [])], (error) => {
    log.logger.warn({ error: errorFacts(error) }, 'an observer failed');
  });
  const { run_id: runId } = cluster.record;
  const name = `skyflow-supervise ${runId}`;
  const { url, patienceMs } = cluster.store;
  const startedMs = performance.now();
  try {
    await using store = await openStore(url, { name, connections: 4, patienceMs, signal: signals.stopping });
    const { runs } = store;
    await using queue = await ShardQueue.open({
      ...{ url, name, leaseMs: cluster.leaseMs },
      onProblem: (message) => observer.notice('warn', message),
    });
    await observer.begun({ vaults: jobs.map(({ vault }) => vault.name), directory: cluster.directory });
    const parts: ClusterParts = {
      ...{ options, cluster, observer, queue, store, runId },
      secrets: new SecretRenewal(options.settings, (text) => observer.notice('warn', text)),
    };
    let uploadedBefore: ReadonlyMap<string, number> = new Map();
    if ((await runs.run(runId)) !== undefined) uploadedBefore = await reopen(parts);
    else {
      const refused = await planCluster(parts);
      if (refused !== undefined) return { outcomes: refused, interruptedBy: signals.first };
    }
    const pause = await watchCluster(parts);
    for (const job of jobs) request.prepare?.(job);
    const outcomes = await clusterOutcomes(parts, performance.now() - startedMs, uploadedBefore);
    const machines = await store.workers.machines(runId);
    const worked = machines.filter(({ shards }) => shards > 0);
    return { outcomes, machines: worked, interruptedBy: signals.first, pause };
  } finally {
    await observer.settled();
  }
}

/** Goes on with a run that came to rest, or that somebody else watches too. */
async function reopen(parts: ClusterParts): Promise<ReadonlyMap<string, number>> {
  const { cluster, options, runId } = parts;
  const { runs } = parts.store;
  const uploadedBefore = new Map<string, number>();
  const { path } = cluster.directory;
  if (cluster.repair) {
    await runs.distrust(runId);
    await keepWitness(path, await runs.witness(runId));
  } else {
    const forgotten = await lookBack(path, () => runs.witness(runId));
    if (forgotten !== undefined) throw forgotten;
    if ((await runs.run(runId))?.forgotten === true) throw forgottenRun();
  }
  await bringPieces(parts);
  for (const { vault, uploaded } of await runs.vaults(runId)) uploadedBefore.set(vault, uploaded);
  await extend(parts);
  await runs.reopen(
    runId,
    cluster.record,
    options.jobs.map((job) => limitsOf(parts, job)),
  );
  return uploadedBefore;
}

/** A limit was raised: what is meant now and was not then comes in shards of its own. */
async function extend({ store, cluster, options, runId }: ClusterParts): Promise<void> {
  const more: MoreShards[] = [];
  for (const job of options.jobs) {
    const { name } = job.vault;
    const plan = await store.runs.plan(runId, name);
    if (plan === undefined) continue;
    const { end, isLimited } = extentMeant(job, plan.rows);
    const shards = cutShards({ start: plan.end, end }, cluster.shardRows);
    if (shards.length > 0) more.push({ name, shards, isLimited });
  }
  await store.extend(runId, more);
}

/** What was seen of the files stands beside the run, also where it was not begun. */
async function bringPieces(parts: ClusterParts): Promise<void> {
  const { store, cluster, options, runId } = parts;
  const { path } = cluster.directory;
  for (const { vault } of options.jobs) {
    const { pieces = null } = (await store.runs.plan(runId, vault.name)) ?? {};
    if (pieces === null || (await readPiecesText(path, vault.name)) !== undefined) continue;
    await placePieces(path, { runId, vaultName: vault.name }, pieces, (name) => name);
  }
}

/** Looks every source over and records the run. Resolves with outcomes when a vault cannot be begun: nothing is then. */
async function planCluster(parts: ClusterParts): Promise<VaultOutcome[] | undefined> {
  const { options, cluster, store } = parts;
  const outcomes = await Promise.all(
    options.jobs.map((job) => planByChild(parts, options.prepare?.(job) ?? job)),
  );
  if (outcomes.some(({ findings }) => findings?.kind !== 'plan')) {
    return outcomes.map((outcome) => ({ ...outcome, findings: undefined, status: 'not_started' }));
  }
  const privacy = options.jobs[0]?.errorLogPrivacy;
  const recipient =
    privacy === undefined
      ? await makeRunRecipient(cluster.directory.path)
      : privacy.kind === 'encrypted'
        ? privacy.recipient
        : undefined;
  const vaults: PlannedVault[] = [];
  for (const [at, job] of options.jobs.entries()) vaults.push(await plannedVault(parts, job, outcomes[at]));
  const { record, fingerprintKey } = cluster;
  const sharing = options.sharedRates === undefined ? 1 : options.jobs.length;
  await store.record({
    ...{ runId: parts.runId, version: productVersion, record, recipient, fingerprintKey, sharing, vaults },
  });
  return undefined;
}

async function plannedVault(
  parts: ClusterParts,
  job: VaultJob,
  outcome: VaultOutcome | undefined,
): Promise<PlannedVault> {
  const { cluster } = parts;
  const findings = outcome?.findings;
  if (findings?.kind !== 'plan') throw new RangeError('a vault that was not planned');
  const { rows, inputs, query, table_count } = findings;
  const { start, end, isLimited } = extentMeant(job, rows);
  const pieces = (await readPiecesText(cluster.directory.path, job.vault.name)) ?? null;
  return {
    ...limitsOf(parts, job),
    target: sharedTargetOf(job),
    plan: {
      rows,
      start,
      end,
      is_limited: isLimited,
      inputs,
      query,
      table_count,
      pieces,
    },
    shards: cutShards({ start, end }, cluster.shardRows),
  };
}

/** What a vault is limited to by the configuration of this command. */
function limitsOf({ options }: ClusterParts, { vault, delivery, performance }: VaultJob): VaultLimits {
  const { max_errors: maxErrors, max_held: maxHeld } = performance;
  const { sharedRates, jobs } = options;
  return {
    name: vault.name,
    rates: sharedRates === undefined ? delivery.rates : shareOf(sharedRates, jobs.length),
    maxFailed: typeof maxErrors === 'number' ? maxErrors : undefined,
    maxErrorShare: typeof maxErrors === 'number' ? undefined : Number.parseFloat(maxErrors) / 100,
    maxHeld,
  };
}
