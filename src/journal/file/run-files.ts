import { basename, dirname, join } from 'node:path';
import { toSeconds } from '../../error-log/error-log-format.js';
import { fileStamp } from '../../run-record/run-id.js';
import type { LedgerHeader } from '../ledger-contract.js';

/** Where the journal of a vault stands in a run directory; of a vault in shards, that of each. */
export function journalFile(runDirectory: string, vaultName: string, shard?: number): string {
  // No vault's name has a dot in it.
  return join(runDirectory, `journal_${vaultName}${shard === undefined ? '' : `.${shard}`}.log`);
}

/** What was asked, by whom, with which settings. */
export function recordFile(runDirectory: string): string {
  return join(runDirectory, 'run.json');
}

/** Where it stands how a vault is divided into shards. */
export function shardsFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `shards_${vaultName}.json`);
}

/** Where the head of a journal stands, beside it. */
export function headFile(journal: string): string {
  return `${journal.replace(/\.log$/, '')}.head`;
}

/** The key of what a run writes down about the content of its inputs. */
export function fingerprintKeyFile(runDirectory: string): string {
  return join(runDirectory, 'fingerprint.key');
}

/** `error_log_<VAULT>_<YYYYMMDD>_<HHMMSS>.json`, by the run's start in UTC; beside its journal, and named as that is. */
export function errorLogFile(journal: string, { startedAt }: Pick<LedgerHeader, 'startedAt'>): string {
  const [date = '', time = ''] = toSeconds(startedAt).replace(/[-:Z]/g, '').split('T');
  const name = basename(journal, '.log').replace(/^journal_/, '');
  return join(dirname(journal), `error_log_${name}_${date}_${time}.json`);
}

/** Whether a file of a run directory belongs to the ledger of a vault. */
export function isOfLedger(name: string, vaultName: string): boolean {
  const file = new RegExp(
    `^(?:journal_${vaultName}(?:\\.\\d+)?\\.(?:log|head)|shards_${vaultName}\\.json|error_log_${vaultName}(?:\\.\\d+)?_\\d{8}_\\d{6}\\.json)$`,
  );
  return file.test(name);
}

/** Whether a file is the error log of all vaults, or that of one. */
export function errorLogOf(name: string): 'all' | 'one' | undefined {
  if (/^merged_error_log_\d{8}_\d{6}\.json$/.test(name)) return 'all';
  return /^error_log_.+\.json$/.test(name) ? 'one' : undefined;
}

/** Whether a file was about to be put into the place of another one. */
export function isHalfWritten(name: string): boolean {
  return /^(?:merged_error_log_.*\.json\.new|.*\.json\.[0-9a-f]{8}\.tmp)$/.test(name);
}

/** The failed records of all vaults, as they stood at the end of a command. */
export function mergedErrorLogFile(runDirectory: string, at: Date): string {
  return join(runDirectory, `merged_error_log_${fileStamp(at)}.json`);
}
