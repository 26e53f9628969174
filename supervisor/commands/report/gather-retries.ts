import { dirname } from 'node:path';
import { formatCount } from '../../../src/report/format-numbers.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { findRetries, type RetryRun } from '../retry/earlier-runs.js';
import type { Evidence, RetryEvidence } from './evidence-format.js';

/**
 * The retries of a run's error logs, and of those that they left, found beside the run and oldest first. Their figures
 * come from their journals. Whoever asks about many runs gives the retries that are `known` beside them.
 */
export async function gatherRetries(
  directory: RunDirectory,
  known?: readonly RetryRun[],
): Promise<RetryEvidence[]> {
  const candidates = known ?? (await findRetries(dirname(directory.path)));
  const family = new Set([directory.runId]);
  const found: RetryEvidence[] = [];
  // Ids sort by time, and a retry comes after what it retries: one pass finds every generation.
  for (const retry of candidates) {
    const writer = retry.logs.find(({ run }) => run !== undefined && family.has(run))?.run;
    if (writer === undefined || family.has(retry.directory.runId)) continue;
    family.add(retry.directory.runId);
    found.push(await evidenceOf(retry, writer, family));
  }
  return found;
}

async function evidenceOf(
  { directory, record, logs }: RetryRun,
  writer: string,
  family: ReadonlySet<string>,
): Promise<RetryEvidence> {
  const taken = logs.flatMap(({ vaults }) => vaults).reduce((sum, { records }) => sum + records, 0);
  const settled = { read: 0, uploaded: 0, failed: 0 };
  for (const { name } of record.vaults) {
    const ledger = await openRunStore(directory.path)
      .readLedger(name)
      .catch(() => undefined);
    settled.read += ledger?.totals.read ?? 0;
    settled.uploaded += ledger?.totals.uploaded ?? 0;
    settled.failed += ledger?.totals.failed ?? 0;
  }
  return {
    run_id: directory.runId,
    of_run: writer,
    started_at: record.started_at,
    exit_code: record.sessions.at(-1)?.exit_code ?? null,
    records_taken: taken,
    uploaded: settled.uploaded,
    failed: settled.failed,
    unsettled: Math.max(0, taken - settled.read),
    shared: logs.some(({ run }) => run === undefined || !family.has(run)),
  };
}

/** A run and its retries together: every record that a retry uploads leaves the failed ones. */
export function addRetries(
  totals: Pick<Evidence['totals'], 'uploaded' | 'failed'>,
  retries: readonly RetryEvidence[],
): Evidence['totals_with_retries'] {
  const own = retries.filter(({ shared }) => !shared);
  const uploaded = own.reduce((sum, retry) => sum + retry.uploaded, 0);
  return {
    uploaded: totals.uploaded + uploaded,
    remaining: Math.max(0, totals.failed - uploaded),
    exact: own.length === retries.length,
  };
}

/** What a run has come to with its retries, in words. */
export function describeWithRetries(together: Evidence['totals_with_retries']): string {
  return (
    `with its retries: uploaded ${formatCount(together.uploaded)}, still failed ${formatCount(together.remaining)}` +
    (together.exact ? '' : ' (without the retries that took records of other runs too)')
  );
}
