import { join } from 'node:path';

/** Where the journal of a vault stands in a run directory. */
export function journalFile(runDirectory: string, vaultName: string): string {
  return join(runDirectory, `journal_${vaultName}.log`);
}

/** Where the head of a journal stands, beside it. */
export function headFile(journal: string): string {
  return `${journal.replace(/\.log$/, '')}.head`;
}
