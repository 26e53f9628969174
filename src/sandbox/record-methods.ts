import { randomUUID } from 'node:crypto';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import { byotOf, InsertRules, type ByotMode } from './insert-rules.js';
import type { RecordTable } from './record-table.js';
import { redacted, redactionOf } from './redaction.js';
import { jsonReply, VaultRefusal, type Reply } from './vault-reply.js';
import type { VaultStore } from './vault-store.js';

export interface RecordSurroundings {
  readonly options: LiveOptions;
  readonly store: VaultStore;
}

/** One record, named by its path. */
export interface NamedRecord {
  readonly vaultId: string;
  readonly table: string;
  readonly id: string;
}

/** The row of an id; a refusal 404 in the vault's words when there is none. */
export function rowOf(table: RecordTable, id: string, verb: 'Get' | 'Update' | 'Delete'): number {
  const row = table.rowOfId(id);
  if (row !== undefined) return row;
  throw new VaultRefusal(
    404,
    `${verb} failed. [${id}] isn't a valid Skyflow ID. Specify a valid Skyflow ID.`,
  );
}

/** A record's cells as a get shows them: values by redaction, or tokens. */
export function shownFields(
  table: RecordTable,
  row: number,
  shown: { readonly asTokens: boolean; readonly redaction: string; readonly columns?: readonly string[] },
  options: LiveOptions,
): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const column of table.columnNames()) {
    if (shown.columns !== undefined && !shown.columns.includes(column)) continue;
    const value = table.valueAt(row, column);
    if (value === undefined) continue;
    fields[column] = shown.asTokens
      ? (table.tokenAt(row, column) ?? newToken(table, row, column, value))
      : redacted(value, shown.redaction, options);
  }
  return fields;
}

/** A value that was stored without a token gets one when it is first asked for. */
function newToken(table: RecordTable, row: number, column: string, value: unknown): string {
  const token = randomUUID();
  table.update(row, { [column]: value }, { [column]: token }, false);
  return token;
}

/** `GET /v1/vaults/{id}/{table}/{ID}`. */
export function getRecord(
  { options, store }: RecordSurroundings,
  of: NamedRecord,
  query: URLSearchParams,
): Reply {
  const table = store.tableForReading(of.vaultId, of.table, options);
  const row = rowOf(table, of.id, 'Get');
  const shown = {
    asTokens: query.get('tokenization') === 'true',
    redaction: redactionOf(query.get('redaction')),
  };
  const fields = { skyflow_id: of.id, ...shownFields(table, row, shown, options) };
  return jsonReply(JSON.stringify({ fields }));
}

/** `PUT /v1/vaults/{id}/{table}/{ID}`: other fields stay as they are. */
export function updateRecord(around: RecordSurroundings, of: NamedRecord, body: unknown): Reply {
  const { record, tokenization, byot } = isJsonObject(body) ? body : {};
  const how = { tokenization: tokenization === true, byot: byotOf(byot, around.options) };
  return jsonReply(JSON.stringify(putRecord(around, of, isJsonObject(record) ? record : {}, how)));
}

/** Updates a record and says its id, with its tokens where they are asked for. */
export function putRecord(
  { options, store }: RecordSurroundings,
  of: NamedRecord,
  record: Readonly<Record<string, unknown>>,
  { tokenization, byot }: { readonly tokenization: boolean; readonly byot: ByotMode },
): Readonly<Record<string, unknown>> {
  const table = store.tableForReading(of.vaultId, of.table, options);
  const row = rowOf(table, of.id, 'Update');
  const sound: unknown = record;
  const rules: InsertRules = new InsertRules(options, { name: of.table, table }, byot);
  rules.check(sound, { row });
  const { fields, tokens: own } = sound;
  const tokens = Object.fromEntries(Object.keys(fields).map((name) => [name, own?.[name] ?? randomUUID()]));
  table.update(row, fields, tokens, false);
  return { skyflow_id: of.id, tokens: tokenization ? tokens : null };
}

const OTHER_METHODS = ['GET', 'PUT', 'DELETE'] as const;
export type OtherMethod = (typeof OTHER_METHODS)[number];

/** A method of the record wire other than POST. */
export function isOtherMethod(method: unknown): method is OtherMethod {
  return OTHER_METHODS.some((other) => other === method);
}

/**
 * GET, PUT and DELETE of the record wire. Their `ID` may be that of a record of the same request, as
 * `$responses.0.records.0.skyflow_id`, which older SDKs use to read the tokens of what they insert.
 */
export function performMethod(
  around: RecordSurroundings,
  whole: { readonly vaultId: string; readonly byot: ByotMode; readonly answered: readonly string[] },
  request: Readonly<Record<string, unknown>> & { readonly method: OtherMethod },
): string {
  const { vaultId, byot, answered } = whole;
  const { options, store } = around;
  const tableName = request['tableName'];
  if (typeof tableName !== 'string') throw new VaultRefusal(400, 'Invalid request. A tableName is missing');
  const of = { vaultId, table: tableName, id: resolved(request['ID'], answered) };
  switch (request.method) {
    case 'GET': {
      const table = store.tableForReading(vaultId, tableName, options);
      const row = rowOf(table, of.id, 'Get');
      const asTokens = request['tokenization'] === true;
      const redaction = redactionOf(request['redaction']);
      const fields = shownFields(table, row, { asTokens, redaction }, options);
      return JSON.stringify({
        fields: asTokens ? { '*': randomUUID(), ...fields } : { skyflow_id: of.id, ...fields },
      });
    }
    case 'PUT':
      return JSON.stringify(
        putRecord(around, of, request, { tokenization: request['tokenization'] === true, byot }),
      );
    case 'DELETE': {
      const table = store.tableForReading(vaultId, tableName, options);
      table.delete(rowOf(table, of.id, 'Delete'));
      return JSON.stringify({ skyflow_id: of.id, deleted: true });
    }
    default:
      return request.method satisfies never;
  }
}

function resolved(id: unknown, answered: readonly string[]): string {
  if (typeof id !== 'string' || id === '') throw new VaultRefusal(400, 'Invalid request. An ID is missing');
  const [, response, record] = /^\$responses\.(\d+)\.records\.(\d+)\.skyflow_id$/u.exec(id) ?? [];
  if (response === undefined) return id;
  const ids = [...(answered[Number(response)] ?? '').matchAll(/"skyflow_id":"([^"]+)"/gu)];
  const found = ids[Number(record)]?.[1];
  if (found === undefined) throw new VaultRefusal(400, `Invalid request. ${id} refers to nothing`);
  return found;
}
