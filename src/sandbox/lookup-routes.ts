import { findToken, type VaultStore } from './vault-store.js';
import { isUniqueColumn } from './insert-rules.js';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import { rowOf, shownFields } from './record-methods.js';
import type { RecordTable } from './record-table.js';
import { redacted, redactionOf } from './redaction.js';
import { readQuery } from './vault-query.js';
import { openSignedToken } from './service-account.js';
import { jsonReply, type Reply, VaultRefusal } from './vault-reply.js';

const MAX_GET_RECORDS = 25;

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
  if (table.count === 0) throw new VaultRefusal(404, 'No Records Found');
  const columns = query.getAll('fields');
  const shown = {
    asTokens: query.get('tokenization') === 'true',
    redaction: redactionOf(query.get('redaction')),
    ...(columns.length === 0 ? {} : { columns }),
  };
  const records = chosenRows(table, name, query, options).map((row) => ({
    fields: { skyflow_id: table.idOf(row), ...shownFields(table, row, shown, options) },
    tokens: null,
  }));
  return jsonReply(JSON.stringify({ records }));
}

function chosenRows(
  table: RecordTable,
  tableName: string,
  query: URLSearchParams,
  options: LiveOptions,
): readonly number[] {
  const ids = query.getAll('skyflow_ids').filter((id) => id !== '');
  // Some SDKs always send it, empty.
  const column = query.get('column_name') === '' ? null : query.get('column_name');
  const values = query.getAll('column_values');
  const hasValues = values.some((value) => value !== '');
  if (ids.length > 0) {
    if (column !== null || hasValues)
      throw new VaultRefusal(400, 'Invalid request. Both skyflow_ids and column_name or column_values');
    const rows = withinLimit(ids, options).map((id) => rowOf(table, id, 'Get'));
    return inOrder(table, rows, orderOf(query));
  }
  const offset = wholeNumber(query.get('offset'), 0);
  const limit = wholeNumber(query.get('limit'), MAX_GET_RECORDS);
  if (limit > MAX_GET_RECORDS && options.getAboveLimit === 'refuse') throw aboveLimit();
  const most = Math.min(limit, MAX_GET_RECORDS);
  if (column !== null) {
    if (!isUniqueColumn(options, tableName, column)) {
      throw new VaultRefusal(400, `Invalid request. Column ${column} is not unique`);
    }
    const rows = values.flatMap((value) => table.rowOfValue(column, value) ?? []);
    if (rows.length === 0) throw new VaultRefusal(404, 'No Records Found');
    return inOrder(table, rows, orderOf(query)).slice(offset, offset + most);
  }
  if (hasValues) throw new VaultRefusal(400, 'Invalid request. column_name is missing');
  if (orderOf(query) !== 'NONE') {
    return inOrder(table, table.rows(0, table.count), orderOf(query)).slice(offset, offset + most);
  }
  return table.rows(offset, most);
}

type Order = 'ASCENDING' | 'DESCENDING' | 'NONE';

function orderOf(query: URLSearchParams): Order {
  const order = query.get('order_by') ?? '';
  if (order === '') return 'NONE';
  if (order === 'ASCENDING' || order === 'DESCENDING' || order === 'NONE') return order;
  throw new VaultRefusal(400, `Invalid request. ${order} is no order`);
}

/** By id, or as they stand. */
function inOrder(table: RecordTable, rows: readonly number[], order: Order): readonly number[] {
  if (order === 'NONE') return rows;
  const sign = order === 'ASCENDING' ? 1 : -1;
  return [...rows].sort((one, other) => (table.idOf(one) < table.idOf(other) ? -sign : sign));
}

function withinLimit(items: readonly string[], options: LiveOptions): readonly string[] {
  if (items.length <= MAX_GET_RECORDS) return items;
  if (options.getAboveLimit === 'refuse') throw aboveLimit();
  return items.slice(0, MAX_GET_RECORDS);
}

function wholeNumber(text: string | null, initial: number): number {
  if (text === null || text === '') return initial;
  if (!/^\d{1,15}$/u.test(text)) throw new VaultRefusal(400, 'Invalid request. offset and limit are numbers');
  return Number(text);
}

function aboveLimit(): VaultRefusal {
  return new VaultRefusal(400, `Invalid request. At most ${MAX_GET_RECORDS} records can be read at once`);
}

/** Deletes the record of a path, or those of a body, all or none; `["*"]` is every record of the table. */
export function deleteRecords(
  { options, store }: LookupSurroundings,
  { vaultId, table: name, id }: TableName & { readonly id?: string | undefined },
  body: unknown,
): Reply {
  if (id !== undefined) {
    const table = store.tableForReading(vaultId, name, options);
    table.delete(rowOf(table, id, 'Delete'));
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
  else ids.map((one) => rowOf(table, one, 'Delete')).forEach((row) => table.delete(row));
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
  const unknown: string[] = [];
  const records = parameters.map((parameter: unknown) => {
    if (!isJsonObject(parameter) || typeof parameter['token'] !== 'string') {
      throw new VaultRefusal(400, 'Invalid request. A token is missing');
    }
    const { token } = parameter;
    const redaction = redactionOf(parameter['redaction']);
    if (redaction === 'PLAIN_TEXT' && options.plainText === 'refuse') {
      throw new VaultRefusal(403, 'Forbidden. The credential may not see values in plain text');
    }
    const found = findToken(store, vaultId, openSignedToken(parameter['token'], options));
    if (found === undefined) {
      unknown.push(parameter['token']);
      return { token, valueType: 'NONE', value: '', error: 'Token Not Found' };
    }
    const value = redacted(found.value, redaction, options);
    return { token, valueType: valueType(found, options), value: asText(value), error: null };
  });
  if (unknown.length === 0) return jsonReply(JSON.stringify({ records }));
  if (unknown.length === records.length && options.detokenizeNone === 404) {
    throw new VaultRefusal(404, 'Detokenize failed. All tokens are invalid. Specify valid tokens.');
  }
  if (body['continueOnError'] !== true) {
    throw new VaultRefusal(404, `Detokenize failed. Tokens not found for ${unknown.join(', ')}`);
  }
  return jsonReply(JSON.stringify({ records }), 207);
}

/** A value of any type is a text here. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function valueType(found: NonNullable<ReturnType<typeof findToken>>, { valueTypes }: LiveOptions): string {
  const { value, column, tableName } = found;
  switch (typeof value) {
    case 'string':
      return valueTypes[`${tableName}.${column}`] ?? valueTypes[column] ?? 'STRING';
    case 'number':
      return Number.isInteger(value) ? 'INTEGER' : 'FLOAT';
    case 'boolean':
      return 'BOOL';
    default:
      return Array.isArray(value) ? 'ARRAY' : 'JSON';
  }
}

/**
 * Answers `SELECT COUNT(…) FROM table` and `SELECT columns FROM table`, with one condition on equality and with LIMIT
 * and OFFSET; 25 records at most.
 */
export function queryVault({ options, store }: LookupSurroundings, vaultId: string, body: unknown): Reply {
  const asked = readQuery(isJsonObject(body) ? body['query'] : undefined);
  const table = store.tableForReading(vaultId, asked.tableName, options);
  if (asked.kind === 'count') {
    const { columnName } = asked;
    const count =
      columnName === undefined
        ? table.count
        : table.rows(0, table.count).filter((row) => table.valueAt(row, columnName) !== undefined).length;
    return jsonReply(JSON.stringify({ records: [{ fields: { count } }] }));
  }
  const { condition, columns, limit, offset } = asked;
  const rows = condition
    ? table
        .rows(0, table.count)
        .filter((row) => asText(table.valueAt(row, condition.column)) === condition.value)
    : table.rows(offset, Math.min(limit, MAX_GET_RECORDS));
  const page = condition ? rows.slice(offset, offset + Math.min(limit, MAX_GET_RECORDS)) : rows;
  const shown = { asTokens: false, redaction: 'PLAIN_TEXT', ...(columns === undefined ? {} : { columns }) };
  const records = page.map((row) => ({
    fields: {
      ...(columns === undefined || columns.includes('skyflow_id') ? { skyflow_id: table.idOf(row) } : {}),
      ...shownFields(table, row, shown, options),
    },
    tokens: null,
  }));
  return jsonReply(JSON.stringify({ records }));
}
