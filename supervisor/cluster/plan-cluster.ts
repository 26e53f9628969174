import { shareOf } from '../../src/rates/rates.js';
import { makeRunRecipient } from '../../src/privacy/identity-file.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { productVersion } from '../../src/product/product.js';
import { readPiecesText } from '../../src/source/fingerprints/piece-file.js';
import type { PlannedVault, VaultLimits } from '../../src/store/run-plan.js';
import { extentMeant, cutShards } from '../../src/protocol/extent-meant.js';
import { planByChild } from '../run/plan-vault.js';
import type { ClusterParts } from './cluster-parts.js';
import { sharedTargetOf } from './shared-tables.js';

/** Looks every source over and records the run. Resolves with outcomes when a vault cannot be begun: nothing is then. */
export async function planCluster(parts: ClusterParts): Promise<VaultOutcome[] | undefined> {
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
export function limitsOf({ options }: ClusterParts, { vault, delivery, performance }: VaultJob): VaultLimits {
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
