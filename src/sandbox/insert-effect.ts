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
  /** Whether no text of the request needs escaping in JSON, so that it can be put into the answer as it is. */
  readonly isPlain: boolean;
}

/** Stores one record and returns its part of the answer: `{"skyflow_id":…,"tokens":…}` as JSON. */
export function storeRecord(table: RecordTable, record: SoundRecord, mode: StoreMode): string {
  const { fields } = record;
  const tokens = mode.tokenization ? completed(record) : (record.tokens ?? undefined);
  const matched = mode.upsert === undefined ? undefined : table.rowOfValue(mode.upsert, fields[mode.upsert]);
  let row = matched;
  if (row === undefined) row = table.append(fields, tokens);
  else table.update(row, fields, tokens, mode.keepTokens);
  const opening = `{"skyflow_id":"${table.idOf(row)}","tokens":`;
  if (!mode.tokenization) return `${opening}null}`;
  let answered = '';
  for (const name in fields) {
    const separator = answered === '' ? '{' : ',';
    if (matched === undefined && mode.isPlain) answered += `${separator}"${name}":"${tokens?.[name] ?? ''}"`;
    else
      answered += `${separator}${JSON.stringify(name)}:${JSON.stringify(table.tokenAt(row, name) ?? tokens?.[name])}`;
  }
  return `${opening}${answered}}}`;
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
