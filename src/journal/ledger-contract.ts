import type { PositionRange, SkipCounts, SkipReason } from '../record/batch.js';
import type { OutsideText } from '../outside/outside-text.js';
import type { RawEntry } from '../error-log/error-log-entry.js';
import type { SourceInspection } from '../source/record-source.js';
import { factsOfReason, type FailureReason } from '../error-log/failure-reasons.js';

/** Whether the record may be in the vault under its token, and nobody could tell. */
export function isHeld({ reason }: Pick<FailedRecord, 'reason'> | Pick<RawEntry, 'reason'>): boolean {
  return factsOfReason(reason)?.isHeld === true;
}

/** What a run begins with. */
export interface LedgerInputs extends SourceInspection {
  /** Records in the vault's table before the first request; absent where the vault does not say. */
  readonly tableCount?: number | undefined;
}

/** One record that goes into the error log, exactly as it was sent. */
export interface FailedRecord {
  readonly position: number;
  readonly value: string;
  readonly token: string;
  readonly reason: FailureReason;
  /** Its value stands, or may stand, in the vault under another token, though the reason does not say so. */
  readonly foreign?: true | undefined;
  /** Why, in words of ours: for everybody. */
  readonly message: string;
  /** What the vault said: written where the record itself may be read. */
  readonly said?: OutsideText | undefined;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
}

/** A judged range: every position of it is uploaded, failed or skipped, so the counts add up to its length. */
export interface Settlement {
  readonly range: PositionRange;
  readonly uploaded: number;
  /** How many of `uploaded` were in doubt and found in the vault by looking. */
  readonly confirmed: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly failures: readonly FailedRecord[];
}

/** Cumulative over restarts and resumes: what the journal knows. */
export interface LedgerTotals {
  readonly read: number;
  readonly uploaded: number;
  readonly confirmed: number;
  readonly failed: number;
  /** How many of `failed` are held: they may be in the vault. */
  readonly held: number;
  readonly skipped: SkipCounts;
}

/** A query that a run has submitted for a vault: whoever goes on reads its result instead of asking again. */
export interface LedgerQuery {
  readonly queryId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
  readonly sql: string;
  /** The transient table that it makes. */
  readonly table?: string | undefined;
}

/** Whose ledger it is. A ledger is opened only by the run, vault and table that it was begun for. */
export interface LedgerOwner {
  readonly runId: string;
  readonly vaultName: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
}

/** The first line of a journal. */
export interface LedgerHeader extends LedgerOwner {
  /** The run's start, ISO 8601 in UTC; it names the error log, for all restarts and resumes. */
  readonly startedAt: string;
}
