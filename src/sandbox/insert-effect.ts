import { randomUUID } from 'node:crypto';
import type { SoundRecord } from './insert-rules.js';
import type { RecordTable, Tokens } from './record-table.js';

/** How a record is stored and answered. */
export interface StoreMode {
  readonly upsert: string | undefined;
  /** Whether tokens are made where none came, and the answer holds tokens. */
  readonly tokenization: boolean;
  /** Whether an upsert of a known value leaves its token as it is. */
  readonly keepTokens: boolean;
  /** Whether an upsert of a known value clears the columns that it does not name. */
  readonly replaces?: boolean | undefined;
  /** Whether an answer without tokens lacks the key, instead of holding null. */
  readonly omitsTokens?: boolean | undefined;
  /** Whether no text of the request needs escaping in JSON, so that it can be put into the answer as it is. */
  readonly isPlain?: boolean | undefined;
}

/** Where a record was stored. */
export interface StoredRow {
  readonly row: number;
  /** False: an upsert has found its value. */
  readonly isNew: boolean;
  readonly tokens: Tokens | undefined;
}

/** Stores one record, or updates the one that an upsert finds. */
export function storeRow(table: RecordTable, record: SoundRecord, mode: StoreMode): StoredRow {
  const { fields } = record;
  const tokens = mode.tokenization ? completed(record) : (record.tokens ?? undefined);
  const matched = mode.upsert === undefined ? undefined : table.rowOfValue(mode.upsert, fields[mode.upsert]);
  if (matched === undefined) return { row: table.append(fields, tokens), isNew: true, tokens };
  const cleared = table
    .columnNames()
    .filter((name) => mode.replaces === true && !Object.hasOwn(fields, name));
  const others = Object.fromEntries(cleared.map((name) => [name, undefined]));
  table.update(matched, { ...others, ...fields }, tokens, mode.keepTokens);
  return { row: matched, isNew: false, tokens };
}

/** Stores one record and returns its part of the answer: `{"skyflow_id":…,"tokens":…}` as JSON. */
export function storeRecord(table: RecordTable, record: SoundRecord, mode: StoreMode): string {
  const { fields } = record;
  const { row, isNew, tokens } = storeRow(table, record, mode);
  const opening = `{"skyflow_id":"${table.idOf(row)}"`;
  if (!mode.tokenization) return mode.omitsTokens === true ? `${opening}}` : `${opening},"tokens":null}`;
  let answered = '';
  for (const name in fields) {
    const separator = answered === '' ? '{' : ',';
    if (isNew && mode.isPlain === true) answered += `${separator}"${name}":"${tokens?.[name] ?? ''}"`;
    else
      answered += `${separator}${JSON.stringify(name)}:${JSON.stringify(table.tokenAt(row, name) ?? tokens?.[name])}`;
  }
  return `${opening},"tokens":${answered}}}`;
}

/** The same record under a token of the vault's own making. */
export function withOtherToken(record: SoundRecord): SoundRecord {
  return { fields: record.fields, tokens: Object.fromEntries(Object.keys(record.fields).map(newToken)) };
}

function completed({ fields, tokens }: SoundRecord): Tokens {
  let whole = tokens ?? undefined;
  for (const name in fields) {
    if (whole?.[name] === undefined) whole = { ...whole, [name]: randomUUID() };
  }
  return whole ?? {};
}

function newToken(name: string): [string, string] {
  return [name, randomUUID()];
}
