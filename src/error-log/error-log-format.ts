import type { LoggedVault, RawEntry } from './error-log-entry.js';
import type { FailedRecord, LedgerHeader } from '../journal/ledger-contract.js';

/** What the first key of an error log of this program says. */
export const ERROR_LOG_FORMAT = 'skyflow-supervise error log 1';
/** What the first key of a merged error log says. */
export const MERGED_LOG_FORMAT = 'skyflow-supervise merged error log 1';

/** A time as the replaced loader writes it: UTC, no fraction of a second. */
export function toSeconds(time: string | Date): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** The beginning of an error log, up to the open bracket of its entries: the same for every opening of a ledger. */
export function errorLogHead(header: LedgerHeader): string {
  return openDocument({
    format: ERROR_LOG_FORMAT,
    vault_name: header.vaultName,
    vault_id: header.vaultId,
    table: header.table,
    column: header.column,
    run: header.runId,
    timestamp: toSeconds(header.startedAt),
  });
}

/** A JSON object with the keys of `head` and an `errors` array, cut off behind the array's open bracket. */
export function openDocument(head: object): string {
  return `${JSON.stringify(head, undefined, 1).slice(0, -2)},\n "errors": [`;
}

/** What closes the document: the end of the entries and the totals. */
export function closeDocument(totalErrors: number, failedRecords: number): string {
  return `\n ],\n "total_errors": ${totalErrors},\n "failed_records": ${failedRecords}\n}\n`;
}

/** An entry with what separates it from the one before. */
export function separated(entry: string, isFirst: boolean): string {
  return `${isFirst ? '' : ','}\n${entry}`;
}

/** An entry but for its records. */
export type EntryFacts = Pick<
  RawEntry,
  'batch_number' | 'error' | 'status_code' | 'timestamp' | 'reason' | 'request_id'
> & { readonly run: string };

/** Records as they stand in an entry, and what stands behind them where that is not in clear. */
export interface WrittenRecords {
  /** In place of what the failure means, where the vault's own words may stand. */
  readonly error?: string | undefined;
  readonly records: readonly {
    readonly Value?: string;
    readonly Token?: string;
    readonly Position: number;
    readonly Hmac?: string;
  }[];
  readonly encrypted?: {
    readonly version?: number | undefined;
    readonly key: string;
    readonly nonce: string;
    readonly data: string;
  };
  readonly redacted?: { readonly key_id?: string };
}

/** Where a person finds a row of an input in parts. */
export interface LoggedPlace {
  readonly Part: string;
  /** In the part, from 0. */
  readonly Row: number;
  /** The same of the token, where it stands in another file. */
  readonly TokenPart?: string;
  readonly TokenRow?: number;
}

/** The place of a position; undefined where the position alone says it. */
export type LocateRow = (position: number) => LoggedPlace | undefined;

/** Decides how the failures of one entry stand in it. */
export type RecordProtection = (
  entry: EntryFacts,
  failures: readonly FailedRecord[],
  vault: LoggedVault,
) => WrittenRecords;

/**
 * The failures of one settlement as entries, a line each: those that failed alike (reason, message, the vault's
 * own words, status and request id) share one.
 */
export function errorLogEntries(
  failures: readonly FailedRecord[],
  facts: {
    readonly batchNumber: number;
    readonly header: LedgerHeader;
    readonly at: Date;
    readonly protect?: RecordProtection | undefined;
    readonly locate?: LocateRow | undefined;
  },
): string[] {
  const { header, protect = inClear, locate } = facts;
  const { vaultName, vaultId: id, table, column, runId } = header;
  const vault = { name: vaultName, id, table, column };
  const groups = new Map<string, FailedRecord[]>();
  let last: FailedRecord[] = [];
  for (const failure of failures) {
    // Most failures of a settlement are alike: the key is made only when one differs from the one before.
    if (!isAlike(failure, last[0])) {
      const { reason, foreign, message, httpStatus, requestId } = failure;
      const key = JSON.stringify([reason, foreign, message, wordsOf(failure), httpStatus, requestId]);
      last = groups.get(key) ?? [];
      groups.set(key, last);
    }
    last.push(failure);
  }
  const entries: string[] = [];
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const entry = {
      error: first.message,
      status_code: first.httpStatus ?? 0,
      timestamp: toSeconds(facts.at),
      reason: first.reason,
      request_id: first.requestId,
      run: runId,
    };
    const { records, error, ...sealed } = protect(
      { batch_number: facts.batchNumber, ...entry },
      group,
      vault,
    );
    entries.push(
      JSON.stringify({
        batch_number: facts.batchNumber,
        records: locate === undefined ? records : records.map((one) => ({ ...one, ...locate(one.Position) })),
        ...entry,
        error: error ?? entry.error,
        ...(first.foreign === true ? { foreign: true } : {}),
        vault: vaultName,
        first_position: first.position,
        ...sealed,
      }),
    );
  }
  return entries;
}

const inClear: RecordProtection = (_entry, failures) => ({
  error: failures[0] && wordsOf(failures[0]),
  records: failures.map(({ value, token, position }) => ({ Value: value, Token: token, Position: position })),
});

const wordsOf = ({ said }: FailedRecord): string | undefined => {
  const words = said?.forErrorLog();
  return words === '' ? undefined : words;
};

function isAlike(a: FailedRecord, b: FailedRecord | undefined): boolean {
  return (
    a.reason === b?.reason &&
    a.foreign === b.foreign &&
    a.message === b.message &&
    wordsOf(a) === wordsOf(b) &&
    a.httpStatus === b.httpStatus &&
    a.requestId === b.requestId
  );
}
