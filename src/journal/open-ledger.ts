import { formatCount } from '../report/format-numbers.js';
import { SuperviseError } from '../errors/supervise-error.js';
import type { RecordProtection } from '../error-log/error-log-format.js';
import type { WritableLine } from './journal-line.js';
import type { JournalStore } from './journal-store.js';
import { Ledger } from './ledger.js';
import type { LedgerHeader, LedgerOwner } from './ledger-contract.js';
import { LedgerState } from './ledger-state.js';
import { DamageError, REPAIR } from './storage-error.js';

/** What is known of a ledger from elsewhere: a journal that knows less is not the one that was written. */
export interface LedgerEvidence {
  /** Rows that were settled when a command on the run ended. */
  readonly settledRows: number;
  /** Whether any row was, or may have been, sent. */
  readonly hasBegun: boolean;
}

export interface LedgerOptions {
  /** Closed with the ledger, and when it cannot be opened. */
  readonly store: JournalStore;
  readonly owner: LedgerOwner;
  /** The run's start. Only the first opening of a ledger uses it. */
  readonly startedAt: Date;
  /** Keeps the records of this opening out of the error log's text; absent: they stand there in clear. */
  readonly protect?: RecordProtection | undefined;
  readonly evidence?: LedgerEvidence | undefined;
  /** A ledger that is damaged is put together again from its remains: what is not provably settled is in doubt. */
  readonly repair?: boolean | undefined;
}

/**
 * Opens the ledger of a vault in a run for writing, over a store that nobody else writes to: creates or re-reads it, and
 * puts right what a crash has left half done. Throws `storage` when the store cannot be used, is damaged, or belongs to
 * another run or vault.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { store, repair } = options;
  try {
    const { state, isWhole } = await replay(options).catch(async (error: unknown) => {
      if (repair !== true || !(error instanceof DamageError)) throw error;
      await store.repair(headerOf(options), { hasForgotten: error.forgotten });
      return replay(options);
    });
    const begun = state.header;
    const header = begun ?? headerOf(options);
    const unsent = isWhole ? [...state.kept].map((range) => ({ kind: 'release', range }) as const) : [];
    const lines: WritableLine[] = [
      ...(begun === undefined ? [{ kind: 'header', header } as const] : unsent),
      { kind: 'open', pid: process.pid, at: new Date().toISOString() },
    ];
    await store.append(lines, { durability: 'durable' });
    for (const line of lines) state.apply(line);
    return new Ledger({ header, store, state, protect: options.protect });
  } catch (error) {
    await store.close();
    throw error;
  }
}

function headerOf({ owner, startedAt }: LedgerOptions): LedgerHeader {
  return { ...owner, startedAt: startedAt.toISOString() };
}

/** Reads what is there, refuses what is not this ledger, and begins to write. */
async function replay(options: LedgerOptions): Promise<{ state: LedgerState; isWhole: boolean }> {
  const { store, owner, evidence } = options;
  const state = new LedgerState();
  const { isWhole } = await store.replay((line) => state.take(line));
  if (state.header !== undefined) refuseForeign(store.place, state.header, owner);
  if (evidence !== undefined) refuseForgetful(store.place, state, evidence);
  await store.begin(state.header ?? headerOf(options));
  return { state, isWhole };
}

function refuseForgetful(file: string, state: LedgerState, { settledRows, hasBegun }: LedgerEvidence): void {
  const settled = state.settled.size;
  if (state.repair !== undefined) return;
  if (settled >= settledRows && (!hasBegun || state.reserved.size > 0 || settled > 0)) return;
  throw new DamageError(
    `${file} ${state.header === undefined ? 'is missing or empty' : 'is not the one that was written'}: ` +
      `${formatCount(settled)} rows are settled in it, but ${settledRows > settled ? `${formatCount(settledRows)} were when the last command on this run ended` : 'the run had begun to send'}`,
    { hint: REPAIR, forgotten: true },
  );
}

/** A journal of another run or vault was put in this one's place; another target is what the configuration says. */
function refuseForeign(file: string, found: LedgerHeader, owner: LedgerOwner): void {
  const other = (['runId', 'vaultName', 'vaultId', 'table', 'column'] as const).find(
    (key) => found[key] !== owner[key],
  );
  if (other === undefined) return;
  const message = `${file} was begun with ${other} ${found[other]}, not ${owner[other]}`;
  if (other === 'runId' || other === 'vaultName') throw new DamageError(message, { hint: REPAIR });
  throw new SuperviseError('storage', message, {
    hint: 'Resume with the configuration that the run began with, or start a new run.',
  });
}
