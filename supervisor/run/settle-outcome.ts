import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { rowsMeant, type LedgerReading, type SettledErrors } from '../../src/journal/ledger-reading.js';
import { type VaultSnapshot, NOTHING_YET } from '../../src/figures/snapshot.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';

/** What a vault came to, with the record figures of its journal, which knows more than a child that died could say. */
export interface SettledOutcome {
  readonly outcome: VaultOutcome;
  /** The error log up to where it is settled; a killed child may have left more behind. */
  readonly errors: SettledErrors | undefined;
}

/**
 * Reads the vault's journal, which nobody writes any more. Without one that can be read what an earlier command said, or
 * the child's word, stands, and the vault is not finished: nothing proves any more what was sent. Of the source at most
 * `maxRecords` rows are meant, 0 for all.
 */
export async function settleOutcome(
  runDirectory: string,
  outcome: VaultOutcome,
  maxRecords: number,
  earlier?: VaultSnapshot,
): Promise<SettledOutcome> {
  let reading: LedgerReading | undefined;
  try {
    reading = await openRunStore(runDirectory).readLedger(outcome.name);
  } catch (error) {
    return { outcome: unproven(outcome, errorFacts(error), earlier), errors: undefined };
  }
  if (reading === undefined) {
    const hasWorked = Math.max(outcome.snapshot?.read ?? 0, earlier?.read ?? 0) > 0;
    return {
      outcome: hasWorked ? unproven(outcome, missingJournal(runDirectory), earlier) : outcome,
      errors: undefined,
    };
  }
  const { errors } = reading;
  return {
    outcome: {
      ...outcome,
      snapshot: withJournal(outcome, reading, maxRecords),
      errorLog: errors?.place,
    },
    errors,
  };
}

/** A damaged journal takes nothing back that an earlier summary has said, or the next command would believe it. */
function unproven(
  outcome: VaultOutcome,
  error: ErrorFacts,
  earlier: VaultSnapshot | undefined,
): VaultOutcome {
  const isLess = (outcome.snapshot?.read ?? 0) < (earlier?.read ?? 0);
  const snapshot = isLess ? earlier : outcome.snapshot;
  return { ...outcome, snapshot, status: 'incomplete', error: outcome.error ?? error };
}

function missingJournal(runDirectory: string): ErrorFacts {
  return {
    code: 'storage',
    message: `the journal is gone: ${runDirectory} was removed, or moved, while the run lasted`,
    hint: 'Put the directory back if it was moved, and resume the run. Otherwise nothing tells any more which rows were sent: look at what the vault holds before you load them again, which would insert them once more.',
  };
}

function withJournal(
  { snapshot = NOTHING_YET }: VaultOutcome,
  reading: LedgerReading,
  maxRecords: number,
): typeof NOTHING_YET {
  const { totals, inDoubt } = reading;
  const { read, uploaded, failed, confirmed, held, skipped } = totals;
  // A child that ended before it had looked its source over does not know what an earlier one knew.
  const rowsTotal = snapshot.rows_total ?? rowsMeant(reading, maxRecords || Infinity) ?? null;
  const unsettled = rowsTotal === null ? inDoubt.size : Math.max(0, rowsTotal - read);
  return {
    ...snapshot,
    rows_total: rowsTotal,
    read,
    uploaded,
    failed,
    confirmed,
    held,
    skipped_by_reason: { ...skipped },
    unsettled,
    in_doubt: Math.min(unsettled, inDoubt.size),
  };
}
