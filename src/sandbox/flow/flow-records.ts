import { InsertRules, isUniqueColumn } from '../insert-rules.js';
import { isJsonObject } from '../merge-options.js';
import type { LiveOptions } from '../options.js';
import type { RecordTable } from '../record-table.js';
import { redacted } from '../redaction.js';
import { jsonReply, VaultRefusal, type Reply } from '../vault-reply.js';
import { readQuery } from '../vault-query.js';
import type { LookupSurroundings } from '../lookup-routes.js';
import { broughtTokens, recordEntry } from './flow-insert.js';
import { flowBody, listOf, partialStatus, refusedEntry, textOf, type JsonObject } from './flow-request.js';

/** Most records of a page of `/v2/records/get`. */
const PAGE = 25;

/** `/v2/records/get`: by ids, by unique values, or a page. */
export function getFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  const tableName = textOf(body['tableName'], 'tableName');
  const table = store.tableForReading(vaultId, tableName, options);
  const wanted = body['columns'];
  const columns = Array.isArray(wanted) && wanted.length > 0 ? wanted.map(String) : table.columnNames();
  const redactions = new Map(
    (Array.isArray(body['columnRedactions']) ? body['columnRedactions'] : []).flatMap((one: unknown) =>
      isJsonObject(one) ? [[String(one['columnName']), String(one['redaction'])] as const] : [],
    ),
  );
  const shown = (row: number): JsonObject =>
    recordEntry(
      table,
      {
        row,
        tableName,
        columns,
        showsData: true,
        dataOf: (column, value) => redacted(value, redactions.get(column) ?? 'plain_text', options),
      },
      options,
    );
  const named = namedRows(table, tableName, body, options);
  if (named !== undefined)
    return answer(
      named.map(({ row, about }) => ({ row, about, shown })),
      options,
    );
  const rows = table.rows(wholeNumber(body['offset'], 0), Math.min(PAGE, wholeNumber(body['limit'], PAGE)));
  return answer(
    rows.map((row) => ({ row, about: {}, shown })),
    options,
  );
}

/** `/v2/records/delete`, by ids or unique values; there is no `*`. */
export function deleteFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  const tableName = textOf(body['tableName'], 'tableName');
  const table = store.tableForReading(vaultId, tableName, options);
  const named = namedRows(table, tableName, body, options);
  if (named === undefined) throw new VaultRefusal(400, 'Invalid request. skyflowIDs are missing');
  const shown = (row: number): JsonObject => {
    const entry = { skyflowID: table.idOf(row), [options.flow.codeKey]: 200, error: null };
    table.delete(row);
    return entry;
  };
  return answer(
    named.map(({ row, about }) => ({ row, about, shown })),
    options,
  );
}

/** `/v2/records/update`: fields, and tokens that are brought along, of records by their ids. */
export function updateFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  const tableName = textOf(body['tableName'], 'tableName');
  const table = store.tableForReading(vaultId, tableName, options);
  const rules: InsertRules = new InsertRules(options, { name: tableName, table }, 'ENABLE');
  const entries = listOf(body['records'], 'Records').map((record): JsonObject => {
    const id = isJsonObject(record) ? record['skyflowID'] : undefined;
    const row = typeof id === 'string' ? table.rowOfId(id) : undefined;
    if (!isJsonObject(record) || row === undefined)
      return refusedEntry(notThere(id), options, { skyflowID: id });
    const { tokens, group } = broughtTokens(record['tokens'], options);
    const sound: unknown = { fields: record['data'], tokens };
    try {
      rules.check(sound, { row });
    } catch (error) {
      if (!(error instanceof VaultRefusal)) throw error;
      return refusedEntry(error, options, { skyflowID: id });
    }
    const { fields: data } = sound;
    table.update(row, data, tokens, tokens === undefined);
    if (tokens !== undefined) table.tokenGroup = group;
    return recordEntry(table, { row, tableName, columns: Object.keys(data), showsData: true }, options);
  });
  return jsonReply(JSON.stringify({ records: entries }), partialStatus(entries, options));
}

/** `/v2/query`, which counts. */
export function queryFlow({ options, store }: LookupSurroundings, given: unknown): Reply {
  const { vaultId, body } = flowBody(given);
  const asked = readQuery(body['query']);
  if (asked.kind !== 'count')
    throw new VaultRefusal(501, 'not emulated: queries of a Flow vault other than COUNT');
  const table = store.tableForReading(vaultId, asked.tableName, options);
  const { columnName } = asked;
  const rows = table.rows(0, columnName === undefined ? 0 : table.count);
  const count =
    columnName === undefined
      ? table.count
      : rows.filter((row) => table.valueAt(row, columnName) !== undefined).length;
  return jsonReply(JSON.stringify({ records: [{ data: { count } }], metadata: { columns: ['count'] } }));
}

interface Named {
  readonly row: number | undefined;
  readonly about: JsonObject;
}

/** The rows that a request names, in its order; undefined when it names none. */
function namedRows(
  table: RecordTable,
  tableName: string,
  body: JsonObject,
  options: LiveOptions,
): readonly Named[] | undefined {
  if (body['skyflowIDs'] !== undefined) {
    return listOf(body['skyflowIDs'], 'skyflowIDs').map((id) => ({
      row: typeof id === 'string' ? table.rowOfId(id) : undefined,
      about: { skyflowID: id },
    }));
  }
  if (body['uniqueValues'] === undefined) return undefined;
  return listOf(body['uniqueValues'], 'uniqueValues').map((unique) => {
    const data = isJsonObject(unique) && isJsonObject(unique['data']) ? unique['data'] : {};
    const [cell, ...others] = Object.entries(data);
    if (cell === undefined || others.length > 0) {
      throw new VaultRefusal(400, 'Invalid request. A unique value has one column');
    }
    const [column, value] = cell;
    if (!isUniqueColumn(options, tableName, column)) {
      throw new VaultRefusal(400, `Invalid request. Column ${column} is not unique`);
    }
    return { row: table.rowOfValue(column, value), about: {} };
  });
}

function answer(
  named: readonly (Named & { readonly shown: (row: number) => JsonObject })[],
  options: LiveOptions,
): Reply {
  const entries = named.flatMap(({ row, about, shown }): JsonObject[] => {
    if (row !== undefined) return [shown(row)];
    const refusal = notThere(about['skyflowID']);
    if (options.flow.missing === 'refuse') throw refusal;
    return options.flow.missing === 'absent' ? [] : [refusedEntry(refusal, options, about)];
  });
  return jsonReply(JSON.stringify({ records: entries }), partialStatus(entries, options));
}

function notThere(id: unknown): VaultRefusal {
  return new VaultRefusal(404, typeof id === 'string' ? `Record ${id} not found` : 'No records found');
}

function wholeNumber(value: unknown, initial: number): number {
  if (value === undefined || value === null) return initial;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new VaultRefusal(400, 'Invalid request. offset and limit are numbers');
}
