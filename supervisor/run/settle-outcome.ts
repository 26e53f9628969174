import { readLedger, type LedgerReading } from '../../src/journal/read-ledger.js';
import { NOTHING_YET } from '../../src/report/nothing-yet.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';

/** What a vault came to, with the record figures of its journal, which knows more than a child that died could say. */
export interface SettledOutcome {
  readonly outcome: VaultOutcome;
  /** The error log up to where it is settled; a killed child may have left more behind. */
  readonly errorLog: { readonly file: string; readonly settledBytes: number } | undefined;
}

/**
 * Reads the vault's journal, which nobody writes any more. A journal that cannot be read leaves the child's word. Of
 * the source at most `maxRecords` rows are meant, 0 for all.
 */
export async function settleOutcome(
  runDirectory: string,
  outcome: VaultOutcome,
  maxRecords: number,
): Promise<SettledOutcome> {
  const reading = await readLedger(runDirectory, outcome.name).catch(() => undefined);
  if (reading === undefined) return { outcome, errorLog: undefined };
  const { errorLogFile, errorLogBytes } = reading;
  return {
    outcome: { ...outcome, snapshot: withJournal(outcome, reading, maxRecords), errorLog: errorLogFile },
    errorLog: errorLogFile === undefined ? undefined : { file: errorLogFile, settledBytes: errorLogBytes },
  };
}

function withJournal(
  { snapshot = NOTHING_YET }: VaultOutcome,
  { totals, inDoubt, inputs }: LedgerReading,
  maxRecords: number,
): typeof NOTHING_YET {
  const { read, uploaded, failed, confirmed, held, skipped } = totals;
  // A child that ended before it had looked its source over does not know what an earlier one knew.
  const known = inputs?.rows === undefined ? undefined : Math.min(inputs.rows, maxRecords || Infinity);
  const rowsTotal = snapshot.rowsTotal ?? known;
  const unsettled = rowsTotal === undefined ? inDoubt.size : Math.max(0, rowsTotal - read);
  return {
    ...snapshot,
    ...(rowsTotal === undefined ? {} : { rowsTotal }),
    read,
    uploaded,
    failed,
    confirmed,
    held,
    skipped: { ...skipped },
    unsettled,
  };
}
