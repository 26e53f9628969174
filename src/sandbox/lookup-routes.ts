import { isUniqueColumn } from './insert-rules.js';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import type { RecordTable } from './record-table.js';
import { jsonReply, type Reply, VaultRefusal } from './vault-reply.js';
import type { VaultStore } from './vault-store.js';

const MAX_GET_RECORDS = 25;
const REDACTED = '*REDACTED*';

/** What lookups need around them. */
export interface LookupSurroundings {
  readonly options: LiveOptions;
  readonly store: VaultStore;
}

interface TableName {
  readonly vaultId: string;
  readonly table: string;
}

/** Reads records by page, by skyflow_ids, or by the values of a unique column. */
export function getRecords(
  { options, store }: LookupSurroundings,
  { vaultId, table: name }: TableName,
  query: URLSearchParams,
): Reply {
  const table = store.tableForReading(vaultId, name, options);
  if (table.count === 0) throw new VaultRefusal(404, 'No records found');
  const asTokens = query.get('tokenization') === 'true';
  const redaction = query.get('redaction') ?? 'PLAIN_TEXT';
  const records = chosenRows(table, name, query, options).map((row) => {
    const fields: Record<string, unknown> = { skyflow_id: table.idOf(row) };
    for (const column of table.columnNames()) {
      const value = table.valueAt(row, column);
      if (value === undefined) continue;
      if (asTokens) fields[column] = table.tokenAt(row, column);
      else fields[column] = redaction === 'PLAIN_TEXT' ? value : REDACTED;
    }
    return { fields, tokens: null };
  });
  return jsonReply(JSON.stringify({ records }));
}

function chosenRows(
  table: RecordTable,
  tableName: string,
  query: URLSearchParams,
  options: LiveOptions,
): readonly number[] {
  const ids = listed(query, 'skyflow_ids');
  const column = query.get('column_name');
  if (ids.length > 0) {
    if (column !== null) throw new VaultRefusal(400, 'Invalid request. Both skyflow_ids and column_name');
    return withinLimit(ids, options).map((id) => table.rowOfId(id) ?? notFound());
  }
  if (column !== null) {
    if (!isUniqueColumn(options, tableName, column)) {
      throw new VaultRefusal(400, `Invalid request. Column ${column} is not unique`);
    }
    const rows = withinLimit(listed(query, 'column_values'), options).flatMap(
      (value) => table.rowOfValue(column, value) ?? [],
    );
    return rows.length > 0 ? rows : notFound();
  }
  const limit = wholeNumber(query.get('limit'), MAX_GET_RECORDS);
  if (limit > MAX_GET_RECORDS && options.getAboveLimit === 'refuse') throw aboveLimit();
  return table.rows(wholeNumber(query.get('offset'), 0), Math.min(limit, MAX_GET_RECORDS));
}

function listed(query: URLSearchParams, name: string): string[] {
  return query.getAll(name).flatMap((values) => values.split(','));
}

function withinLimit(items: readonly string[], options: LiveOptions): readonly string[] {
  if (items.length <= MAX_GET_RECORDS) return items;
  if (options.getAboveLimit === 'refuse') throw aboveLimit();
  return items.slice(0, MAX_GET_RECORDS);
}

function wholeNumber(text: string | null, initial: number): number {
  if (text === null) return initial;
  if (!/^\d{1,15}$/u.test(text)) throw new VaultRefusal(400, 'Invalid request. offset and limit are numbers');
  return Number(text);
}

function aboveLimit(): VaultRefusal {
  return new VaultRefusal(400, `Invalid request. At most ${MAX_GET_RECORDS} records can be read at once`);
}

function notFound(): never {
  throw new VaultRefusal(404, 'No records found');
}

/** Deletes the record of a path, or those of a body, all or none; `["*"]` is every record of the table. */
export function deleteRecords(
  { options, store }: LookupSurroundings,
  { vaultId, table: name, id }: TableName & { readonly id?: string | undefined },
  body: unknown,
): Reply {
  if (id !== undefined) {
    const table = store.tableForReading(vaultId, name, options);
    table.delete(table.rowOfId(id) ?? notFound());
    return jsonReply(JSON.stringify({ skyflow_id: id, deleted: true }));
  }
  const ids = isJsonObject(body) ? body['skyflow_ids'] : undefined;
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === 'string')) {
    throw new VaultRefusal(400, 'Invalid request. skyflow_ids are missing');
  }
  const table = store.tableForReading(vaultId, name, options);
  const isAll = ids.length === 1 && ids[0] === '*';
  if (isAll && options.deleteAll === 'refuse') throw new VaultRefusal(400, 'Invalid request. * is no id');
  if (isAll) table.clear();
  else ids.map((id) => table.rowOfId(id) ?? notFound()).forEach((row) => table.delete(row));
  return jsonReply(JSON.stringify({ RecordIDResponse: ids }));
}

/** Answers each token with its value; with continueOnError unknown ones are entries, else the whole is refused. */
export function detokenize({ options, store }: LookupSurroundings, vaultId: string, body: unknown): Reply {
  store.requireVault(vaultId, options);
  const parameters = isJsonObject(body) ? body['detokenizationParameters'] : undefined;
  if (!isJsonObject(body) || !Array.isArray(parameters) || parameters.length === 0) {
    throw new VaultRefusal(400, 'Invalid request. detokenizationParameters are missing');
  }
  if (options.maxDetokenizeTokens > 0 && parameters.length > options.maxDetokenizeTokens) {
    throw new VaultRefusal(400, `Invalid request. At most ${options.maxDetokenizeTokens} tokens at once`);
  }
  let found = 0;
  const records = parameters.map((parameter: unknown) => {
    if (!isJsonObject(parameter) || typeof parameter['token'] !== 'string') {
      throw new VaultRefusal(400, 'Invalid request. A token is missing');
    }
    const { token, redaction = 'PLAIN_TEXT' } = parameter;
    if (redaction === 'PLAIN_TEXT' && options.plainText === 'refuse') {
      throw new VaultRefusal(403, 'Forbidden. The credential may not see values in plain text');
    }
    const value = valueUnder(store, vaultId, parameter['token']);
    if (value === undefined) return { token, valueType: 'NONE', value: '', error: 'Token not found' };
    found += 1;
    const shown = redaction === 'PLAIN_TEXT' ? value : REDACTED;
    return { token, valueType: valueType(value), value: shown, error: null };
  });
  if (found === records.length) return jsonReply(JSON.stringify({ records }));
  if (body['continueOnError'] !== true || (found === 0 && options.detokenizeNone === 404)) {
    throw new VaultRefusal(404, 'Tokens not found');
  }
  return jsonReply(JSON.stringify({ records }), 207);
}

function valueUnder(store: VaultStore, vaultId: string, token: string): unknown {
  for (const table of store.tables(vaultId, undefined)) {
    for (const column of table.columnNames()) {
      const row = table.rowOfToken(column, token);
      if (row !== undefined) return table.valueAt(row, column);
    }
  }
  return undefined;
}

function valueType(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'STRING';
    case 'number':
      return Number.isInteger(value) ? 'INTEGER' : 'FLOAT';
    case 'boolean':
      return 'BOOL';
    default:
      return 'JSON';
  }
}

/** Answers `SELECT COUNT(*) FROM table`, also with a column in the place of `*`; no other query. */
export function queryVault({ options, store }: LookupSurroundings, vaultId: string, body: unknown): Reply {
  const query = isJsonObject(body) ? body['query'] : undefined;
  if (typeof query !== 'string') throw new VaultRefusal(400, 'Invalid request. The query is missing');
  if (!/^\s*select\s/iu.test(query)) throw new VaultRefusal(400, 'Invalid request. Only SELECT is supported');
  const match =
    /^\s*select\s+count\s*\(\s*(?:\*|["`]?([\w-]+)["`]?)\s*\)\s+from\s+["`]?([\w-]+)["`]?\s*;?\s*$/iu.exec(
      query,
    );
  const [, column, name] = match ?? [];
  if (name === undefined) {
    throw new VaultRefusal(400, 'Invalid request. The sandbox answers SELECT COUNT(…) FROM table only');
  }
  const table = store.tableForReading(vaultId, name, options);
  const count = column === undefined ? table.count : filledRows(table, column);
  return jsonReply(JSON.stringify({ records: [{ fields: { count } }] }));
}

function filledRows(table: RecordTable, column: string): number {
  return table.rows(0, table.count).filter((row) => table.valueAt(row, column) !== undefined).length;
}
