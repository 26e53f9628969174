import { dirname } from 'node:path';
import { plural } from '../../src/report/format-numbers.js';
import { readUndo } from '../../src/undo/undo-progress.js';
import { findRetries, hasSentFailures, type RetryRun } from '../commands/retry/earlier-runs.js';
import { commandLine } from './command-words.js';
import { clearedSince, targetIn, workedAt } from './earlier-loads.js';
import { isUnfinishedRun, ledgerOf, type KnownRun } from './known-runs.js';
import type { LoadTarget } from './load-target.js';

/**
 * How what a run has put into a vault was deleted again since, wholly or in part: what it has settled counts as loaded, so that
 * neither the rest of its rows nor those that failed go there.
 */
export type Deletion = 'cleared' | 'partly cleared' | 'undone';

/** Undefined: it was not. `target`: where its records are now, where that is not where the run put them. */
export async function deletedSince(
  { directory, record }: KnownRun,
  vaultName: string,
  target?: LoadTarget,
): Promise<Deletion | undefined> {
  const vault = record.vaults.find(({ name }) => name === vaultName);
  const table = target ?? (vault && targetIn(record, vault));
  if (table === undefined) return undefined;
  const cleared = await clearedSince(dirname(directory.path), table, workedAt(record));
  if (cleared === 'wholly') return 'cleared';
  if ((await readUndo(directory.path, { run: record.run_id, vault: vaultName })) !== undefined)
    return 'undone';
  return cleared === undefined ? undefined : 'partly cleared';
}

/** How many failed records of a run a retry would send: of a vault none once a retry has sent them, and none of a table that was emptied. */
export async function failedLeft(run: KnownRun, retries: readonly RetryRun[]): Promise<number> {
  let failed = 0;
  for (const vault of run.record.vaults) {
    if (hasSentFailures(retries, run.record.run_id, vault)) continue;
    const own = (await ledgerOf(run, vault.name))?.totals.failed ?? 0;
    if (own > 0 && mayGoThere(await deletedSince(run, vault.name))) failed += own;
  }
  return failed;
}

/** Whether more of a run may go into a table that this has become of. */
export function mayGoThere(deletion: Deletion | undefined): boolean {
  return deletion === undefined || deletion === 'partly cleared';
}

/** What is to be done about the failed records of a run. */
export interface FailedRecords {
  readonly records: number;
  /** Of the run, or of the newest retry of its records. */
  readonly runDirectory: string;
  readonly command: 'retry' | 'resume';
}

/** Undefined: nothing is, they went in, or there were none. */
export async function findFailedRecords(run: KnownRun): Promise<FailedRecords | undefined> {
  const retries = await findRetries(dirname(run.directory.path));
  const family = new Set([run.record.run_id]);
  const members: KnownRun[] = [run];
  // Ids sort by time: one pass finds the retries of retries.
  for (const retry of retries) {
    if (!retry.logs.some(({ run: writer }) => writer !== undefined && family.has(writer))) continue;
    family.add(retry.record.run_id);
    members.push(retry);
  }
  for (const member of members.reverse()) {
    const { path } = member.directory;
    const isOpenRetry = member !== run && isUnfinishedRun(member.record);
    const records = await failedLeft(member, retries);
    if (isOpenRetry) return { records, runDirectory: path, command: 'resume' };
    if (records > 0) return { records, runDirectory: path, command: 'retry' };
  }
  return undefined;
}

/** What is to be done about failed records, with the whole command. */
export function wayOn(
  { records, runDirectory, command }: FailedRecords,
  flags: readonly string[] = [],
): string {
  const pasted = commandLine(command, runDirectory, ...flags);
  return command === 'resume'
    ? `A retry of its failed records is unfinished. Go on with that: ${pasted}`
    : `${plural(records, 'record', 'records')} of it failed. Send ${records === 1 ? 'it' : 'them'} again: ${pasted}`;
}
