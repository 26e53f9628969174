import { readLedger, type LedgerReading } from '../../src/journal/read-ledger.js';
import { NOTHING_YET } from '../../src/report/nothing-yet.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';

/** What a vault came to, with the record figures of its journal, which knows more than a child that died could say. */
export interface SettledOutcome {
  readonly outcome: VaultOutcome;
  /** The error log up to where it is settled; a killed child may have left more behind. */
  readonly errorLog: { readonly file: string; readonly settledBytes: number } | undefined;
}

/** Reads the vault's journal, which nobody writes any more. A journal that cannot be read leaves the child's word. */
export async function settleOutcome(runDirectory: string, outcome: VaultOutcome): Promise<SettledOutcome> {
  const reading = await readLedger(runDirectory, outcome.name).catch(() => undefined);
  if (reading === undefined) return { outcome, errorLog: undefined };
  const { errorLogFile, errorLogBytes } = reading;
  return {
    outcome: { ...outcome, snapshot: withJournal(outcome, reading), errorLog: errorLogFile },
    errorLog: errorLogFile === undefined ? undefined : { file: errorLogFile, settledBytes: errorLogBytes },
  };
}

function withJournal(
  { snapshot = NOTHING_YET }: VaultOutcome,
  { totals, inDoubt }: LedgerReading,
): typeof NOTHING_YET {
  const { read, uploaded, failed, confirmed, held, skipped } = totals;
  const unsettled = snapshot.rowsTotal === undefined ? inDoubt.size : Math.max(0, snapshot.rowsTotal - read);
  return { ...snapshot, read, uploaded, failed, confirmed, held, skipped: { ...skipped }, unsettled };
}
