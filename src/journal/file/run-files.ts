import { join } from 'node:path';
import { toSeconds } from '../error-log-format.js';
import { fileStamp } from '../../run-record/run-id.js';
import type { LedgerHeader } from '../ledger-contract.js';

/** Where the journal of a vault stands in a run directory. */
export function journalFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `journal_${vaultName}.log`);
}

/** Where the head of a journal stands, beside it. */
export function headFile(journal: string): string {
  return `${journal.replace(/\.log$/, '')}.head`;
}

/** The key of what a run writes down about the content of its inputs. */
export function fingerprintKeyFile(runDirectory: string): string {
  return join(runDirectory, 'fingerprint.key');
}

/** `error_log_<VAULT>_<YYYYMMDD>_<HHMMSS>.json`, by the run's start in UTC. */
export function errorLogFile(
  runDirectory: string,
  { vaultName, startedAt }: Pick<LedgerHeader, 'vaultName' | 'startedAt'>,
): string {
  const [date = '', time = ''] = toSeconds(startedAt).replace(/[-:Z]/g, '').split('T');
  return join(runDirectory, `error_log_${vaultName}_${date}_${time}.json`);
}

/** The failed records of all vaults, as they stood at the end of a command. */
export function mergedErrorLogFile(runDirectory: string, at: Date): string {
  return join(runDirectory, `merged_error_log_${fileStamp(at)}.json`);
}
