import { readPrivate } from '../../../src/trust/open-private.js';
import { basename, dirname } from 'node:path';
import { isUnfinished } from '../../../src/status/exit-status.js';
import { runSummarySchema } from '../../../src/report/summary-format.js';
import { runDirectoryAt } from '../../../src/run-record/run-directory.js';
import type { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import { readRunRecord, type RetriedLog, type RunRecord } from '../../../src/run-record/run-record.js';
import { fingerprintsOf, findRuns, isUnfinishedRun, type KnownRun } from '../../history/known-runs.js';

/** A retry, with the logs that it takes records from. */
export interface RetryRun extends KnownRun {
  readonly logs: readonly RetriedLog[];
  /** What the logs are told apart by. */
  readonly fingerprints: Fingerprints;
}

/** The retries below a directory, oldest first. A directory without a readable record is no run. */
export async function findRetries(runsDirectory: string): Promise<RetryRun[]> {
  const retries: RetryRun[] = [];
  for (const run of await findRuns(runsDirectory)) {
    const { error_logs: logs } = run.record;
    if (logs !== undefined) retries.push({ ...run, logs, fingerprints: await fingerprintsOf(run) });
  }
  return retries;
}

/** Whether a log holds what `verify` did not find, and not what failed. */
export function isMissingLog(file: string): boolean {
  return basename(file).startsWith('missing_log_');
}

/** Whether one of these retries has taken records of a run. */
export function isSentAgain(runId: string, retries: readonly RetryRun[]): boolean {
  return retries.some(({ logs }) => logs.some(({ run }) => run === runId));
}

/** Whether one of them has taken those that failed in one vault: it may have been given the log of another one alone. */
export function hasSentFailures(
  retries: readonly RetryRun[],
  runId: string,
  { id, table }: RunRecord['vaults'][number],
): boolean {
  return retries.some(({ logs }) =>
    logs.some(
      ({ run, file, vaults }) =>
        run === runId && !isMissingLog(file) && vaults.some((one) => one.id === id && one.table === table),
    ),
  );
}

/** The run that wrote a log: the directory that the log stands in, or the one of that id below `runsDirectory`. */
export async function findWriter(
  log: { readonly file: string; readonly run: string | undefined },
  runsDirectory: string,
): Promise<KnownRun | undefined> {
  if (log.run === undefined) return undefined;
  const here = dirname(log.file);
  for (const directory of [
    { ...runDirectoryAt(dirname(here), log.run), path: here },
    runDirectoryAt(runsDirectory, log.run),
  ]) {
    const record = await readRunRecord(directory, { edited: true }).catch(() => undefined);
    if (record?.run_id === log.run) return { directory, record };
  }
  return undefined;
}

/** Whether a run may still settle rows of this vault, so that its error log may still change. */
export async function isVaultUnfinished(
  { directory, record }: KnownRun,
  vaultName: string,
): Promise<boolean> {
  if (!isUnfinishedRun(record)) return false;
  try {
    const summary = runSummarySchema.parse(JSON.parse(await readPrivate(directory.summaryFile)));
    const vault = summary.vaults.find(({ name }) => name === vaultName);
    return vault === undefined || isUnfinished(vault.status);
  } catch {
    return true;
  }
}
