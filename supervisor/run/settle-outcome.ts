import { errorFacts, SuperviseError, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import type { RunStore } from '../../src/journal/run-store.js';
import { rowsMeant, type LedgerReading, type SettledErrors } from '../../src/journal/ledger-reading.js';
import { type VaultSnapshot, NOTHING_YET } from '../../src/figures/snapshot.js';
import { isUnfinished } from '../../src/status/exit-status.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';

/** What a vault came to, with the record figures of its journal, which knows more than a child that died could say. */
export interface SettledOutcome {
  readonly outcome: VaultOutcome;
  /** The error log up to where it is settled; a killed child may have left more behind. */
  readonly errors: SettledErrors | undefined;
}

/** A disk that answers no more (a network that is gone) keeps the summary from nobody. */
const DISK_PATIENCE_MS = 10_000;

/**
 * Makes the vault's journal durable, which nobody writes any more (what is said of it must not be more than what a power
 * cut leaves of it), and reads it. A disk that does not keep it is a `storage` error of a vault that is not finished. Without one that can be read what an earlier command said, or
 * the child's word, stands, and the vault is not finished: nothing proves any more what was sent. Of the source at most
 * `maxRecords` rows are meant, 0 for all.
 */
export async function settleOutcome(
  runDirectory: string,
  outcome: VaultOutcome,
  maxRecords: number,
  earlier?: VaultSnapshot,
): Promise<SettledOutcome> {
  const store = openRunStore(runDirectory);
  const unkept = await whyNotKept(store, outcome.name);
  let reading: LedgerReading | undefined;
  try {
    reading = await store.readLedger(outcome.name);
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
      ...(unkept === undefined ? {} : unfinished(outcome, unkept)),
      snapshot: withJournal(outcome, reading, maxRecords),
      errorLog: errors?.place,
    },
    errors,
  };
}

/** Resolves with why the journal may not survive a power cut; undefined: it does. */
async function whyNotKept(store: RunStore, vaultName: string): Promise<ErrorFacts | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(diskHangs(vaultName)), DISK_PATIENCE_MS);
  });
  try {
    await Promise.race([store.makeDurable(vaultName), patience]);
    return undefined;
  } catch (error) {
    return errorFacts(error);
  } finally {
    clearTimeout(timer);
  }
}

function diskHangs(vaultName: string): SuperviseError {
  return new SuperviseError(
    'storage',
    `the disk does not say that the journal of vault ${vaultName} is on it: no answer in ${DISK_PATIENCE_MS / 1000} s`,
    { hint: 'See whether the disk of the run directory still works, then resume the run.' },
  );
}

function unfinished(
  { status, error }: VaultOutcome,
  reason: ErrorFacts,
): Pick<VaultOutcome, 'status' | 'error'> {
  return { status: isUnfinished(status) ? status : 'incomplete', error: error ?? reason };
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
  // A child that ended early does not know what an earlier one knew; of several those that have begun know their own rows.
  const rowsTotal = rowsMeant(reading, maxRecords || Infinity) ?? snapshot.rows_total;
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
