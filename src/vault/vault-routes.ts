import type { RecordColumns } from './record-columns.js';
import type { AskVault, TableVerdict } from './table-verdict.js';

/** `unique_value`: the record of the value; `existence`: whether a token is held at all, for a credential that may not see its value. */
export type LookupKind = 'value' | 'existence' | 'unique_value';

/** A request besides an insert; without a method it is a POST. */
export interface VaultRequest {
  readonly path: string;
  readonly method?: 'GET' | 'DELETE';
  readonly body?: object;
}

/** What one wire is told and no other: its folder alone knows what is in it. */
export type WireSettings = Readonly<Record<string, unknown>>;

/** A table and a column of a vault. */
export interface TablePlace {
  /** Path of the vault URL, without a slash at its end. */
  readonly basePath: string;
  readonly vaultId: string;
  readonly table: string;
  readonly column: string;
  /** Of the wire that asks. */
  readonly wireSettings?: WireSettings | undefined;
}

/** Values and tokens, by record. */
export type Pairs = Pick<RecordColumns, 'values' | 'tokens'>;

/** What the vault holds under each token asked for, in order; `open`: of so many the answer says nothing. */
export interface HeldValues {
  readonly values: readonly (string | undefined)[];
  readonly open: number;
}

/** The requests of a vault besides inserting, and how their answers are read. Pure: no I/O. */
export interface VaultRoutes {
  /** What the vault holds under tokens; in plain text, or redacted where existence is enough. Goes on after unknown ones. */
  lookup(tokens: readonly string[], kind: LookupKind): VaultRequest;
  /** What it holds under tokens, told by the records of their values. Absent: it cannot be asked so. */
  readonly byValue?: {
    request(values: readonly string[]): VaultRequest;
    /** Undefined for what is no answer. */
    read(answer: string, records: Pairs): HeldValues | undefined;
  };
  /** How many records the table holds. */
  count(): VaultRequest;
  page(offset: number, limit: number): VaultRequest;
  /** All or none of these, whichever way tokens take in a load. */
  insert(records: Pairs, byot: string): VaultRequest;
  /** Undefined: there is no request for all of them. */
  remove(ids: readonly string[] | 'all'): VaultRequest | undefined;
  /** Whether the answer says that they are gone. */
  isRemoved(answer: unknown): boolean;
  /** The id in one of `records`, of a page or an insert. */
  idOf(record: unknown): unknown;
  /** Its answer has the id of the record with this token, and of no other with this value of a unique column. */
  recordOf(token: string, value: string): VaultRequest;
  /** Its answer has the ids of all records with this value, in any column; absent: there is no such request. */
  readonly recordsOf?: (value: string) => VaultRequest;
  /** Takes back what an insert left besides records; absent: nothing is. */
  readonly forget?: (tokens: readonly string[]) => VaultRequest;
  /** What it says of table and column, by reading alone. */
  judgeTable(ask: AskVault): Promise<TableVerdict>;
}
