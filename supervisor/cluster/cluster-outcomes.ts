import { errorFacts } from '../../src/errors/supervise-error.js';
import { limitPassed } from '../../src/errors/error-limit.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { readRunIdentity } from '../../src/privacy/identity-file.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import type { StoredVault } from '../../src/store/shared-store.js';
import type { ClusterParts } from './cluster-parts.js';
import { clusterSnapshot } from './cluster-snapshot.js';

/** What came of it, with journals and error logs in the run directory as a run of this machine alone leaves them. */
export async function clusterOutcomes(
  parts: ClusterParts,
  durationMs: number,
  uploadedBefore: ReadonlyMap<string, number>,
): Promise<VaultOutcome[]> {
  const { cluster, runId, store, options } = parts;
  const { runs } = store;
  const identity = await readRunIdentity(cluster.directory.path);
  const rows = new Map((await runs.vaults(runId)).map((row) => [row.vault, row]));
  const isStopped = options.signals.stopping.aborted || (await runs.run(runId))?.control === 'stop';
  const outcomes: VaultOutcome[] = [];
  for (const { vault } of options.jobs) {
    const row = rows.get(vault.name);
    const plan = await runs.plan(runId, vault.name);
    if (row === undefined || plan === undefined) {
      outcomes.push({ ...named(vault), status: 'not_started', restarts: 0 });
      continue;
    }
    const header = {
      ...{
        runId,
        vaultName: vault.name,
        vaultId: vault.id,
        table: vault.table,
        column: vault.column,
      },
      startedAt: cluster.record.started_at,
    };
    const exported = { header, extent: plan, shards: row.shards };
    await store.exportVault(cluster.directory.path, exported, identity);
    outcomes.push({
      ...named(vault),
      status: statusOf(row, plan.is_limited, isStopped),
      snapshot: clusterSnapshot(row),
      uploadedBefore: uploadedBefore.get(vault.name) ?? 0,
      error: row.error === null ? endedBy(row, vault.name) : withHint(row.error),
      restarts: 0,
      durationMs,
    });
  }
  const isFinished = [...rows.values()].every(isDone);
  await runs.finish(runId, cluster.record, isFinished);
  return outcomes;
}

/** Whether nothing more is done for a vault, or was left to do. */
export function isOver({ shards, shards_done, control }: StoredVault): boolean {
  return shards_done === shards || control !== 'go';
}

function isDone(row: StoredVault): boolean {
  return row.shards_done === row.shards;
}

function statusOf(row: StoredVault, isLimited: boolean, isStopped: boolean): VaultOutcome['status'] {
  if (row.shards_done < row.shards) return isStopped && row.control === 'go' ? 'interrupted' : 'incomplete';
  if (row.failed > 0) return 'failures';
  return isLimited ? 'limited' : 'complete';
}

function endedBy({ control }: StoredVault, vault: string): VaultOutcome['error'] {
  if (control !== 'too_many_errors' && control !== 'too_many_held') return undefined;
  return errorFacts(limitPassed(vault, control === 'too_many_errors' ? 'max_errors' : 'max_held'));
}

function named({ name, id, table }: VaultJob['vault']): Pick<VaultOutcome, 'name' | 'id' | 'table'> {
  return { name, id, table };
}

function withHint({ code, message, hint }: NonNullable<StoredVault['error']>): VaultOutcome['error'] {
  return hint === undefined ? { code, message } : { code, message, hint };
}
