import type { AccessControl } from './access-control.js';
import { insertFlow } from './flow/flow-insert.js';
import { deleteFlow, getFlow, queryFlow, updateFlow } from './flow/flow-records.js';
import {
  deleteTokensFlow,
  detokenizeFlow,
  tokenizeFlow,
  TOKENS_COLUMN,
  TOKENS_TABLE,
} from './flow/flow-tokens.js';
import {
  insertBulk,
  insertRecordByRecord,
  type InsertResult,
  type InsertSurroundings,
} from './insert-routes.js';
import {
  deleteRecords,
  detokenize,
  getRecords,
  queryVault,
  type LookupSurroundings,
} from './lookup-routes.js';
import {
  getRecord,
  updateRecord,
  rowOf,
  type NamedRecord,
  type RecordSurroundings,
} from './record-methods.js';
import type { Route } from './routes.js';
import { verifyAssertion } from './service-account.js';
import { jsonReply, VaultRefusal, type Reply, notServed } from './vault-reply.js';
import { createHash } from 'node:crypto';
import { isJsonObject } from './merge-options.js';

/** Does in one synchronous step what a request asks for; throws a VaultRefusal. */
export function performRoute(
  route: Route,
  request: { readonly query: string; readonly body: unknown },
  around: InsertSurroundings & { readonly access: AccessControl },
): InsertResult {
  const { body } = request;
  switch (route.name) {
    case 'insert':
      return insertBulk(around, route, body);
    case 'insert_records':
      return insertRecordByRecord(around, route.vaultId, body);
    case 'get':
      return getRecords(around, route, new URLSearchParams(request.query));
    case 'get_record':
      return getRecord(around, route, new URLSearchParams(request.query));
    case 'update_record':
      return updateRecord(around, route, body);
    case 'upload':
      return uploadFile(around, route, body);
    case 'upload_named':
      return uploadNamed(around, route.vaultId, body);
    case 'delete':
      return deleteRecords(around, route, body);
    case 'detokenize':
      return detokenize(around, route.vaultId, body);
    case 'tokenize':
      return tokenize(around, route.vaultId, body);
    case 'query':
      return queryVault(around, route.vaultId, body);
    case 'flow_insert':
      return insertFlow(around, body);
    case 'flow_get':
      return getFlow(around, body);
    case 'flow_update':
      return updateFlow(around, body);
    case 'flow_delete':
      return deleteFlow(around, body);
    case 'flow_detokenize':
      return detokenizeFlow(around, body);
    case 'flow_tokenize':
      return tokenizeFlow(around, body);
    case 'flow_delete_tokens':
      return deleteTokensFlow(around, body);
    case 'flow_query':
      return queryFlow(around, body);
    case 'token': {
      const { account, scope, ctx } = verifyAssertion(body, around.options.serviceAccounts);
      const accessToken = around.access.issue(account.access, account.clientId, { scope, ctx });
      return jsonReply(JSON.stringify({ accessToken, tokenType: 'Bearer' }));
    }
    default:
      return route satisfies never;
  }
}

/** `POST /v1/vaults/{id}/tokenize`: equal values of one column group get equal tokens, and no record is made. */
function tokenize({ options, store }: LookupSurroundings, vaultId: string, body: unknown): Reply {
  store.requireVault(vaultId, options);
  const parameters = isJsonObject(body) ? body['tokenizationParameters'] : undefined;
  if (!Array.isArray(parameters) || parameters.length === 0) {
    throw new VaultRefusal(400, 'Invalid request. tokenizationParameters are missing');
  }
  const table = store.tableForInsert(vaultId, TOKENS_TABLE, { ...options, tables: [] });
  const records = parameters.map((parameter: unknown) => {
    const { value, columnGroup } = isJsonObject(parameter) ? parameter : {};
    if (typeof value !== 'string' || typeof columnGroup !== 'string') {
      throw new VaultRefusal(400, 'Invalid request. A value or its columnGroup is missing');
    }
    const digest = createHash('sha256')
      .update(JSON.stringify([columnGroup, value]))
      .digest('hex');
    const token = [8, 12, 16, 20, 32].map((end, at, ends) => digest.slice(ends[at - 1] ?? 0, end)).join('-');
    if (table.rowOfToken(TOKENS_COLUMN, token) === undefined) {
      table.append({ [TOKENS_COLUMN]: value }, { [TOKENS_COLUMN]: token });
    }
    return { token };
  });
  return jsonReply(JSON.stringify({ records }));
}

/** A part of a form: what it says, and the name of its file if it is one. */
interface Part {
  readonly text: string;
  readonly file: string | undefined;
}

/** The parts of a form (multipart/form-data) by name; content of files is not looked at. */
function readForm(body: unknown): ReadonlyMap<string, Part> {
  const text = String(body);
  const boundary = /^(?:\r\n)*(--[^\r\n]+)\r?\n/u.exec(text)?.[1];
  const parts = new Map<string, Part>();
  for (const part of boundary === undefined ? [] : text.split(boundary)) {
    const [, name, file] =
      /content-disposition:\s*form-data;\s*name="([^"]*)"(?:;\s*filename="([^"]*)")?/iu.exec(part) ?? [];
    const at = part.indexOf('\r\n\r\n');
    if (name !== undefined && at !== -1) {
      parts.set(name, { text: part.slice(at + 4).replace(/\r\n$/u, ''), file });
    }
  }
  return parts;
}

/** `POST /v1/vaults/{id}/{table}/{ID}/files`: the part is called by the column, whose value the name of the file becomes. */
function uploadFile({ options, store }: RecordSurroundings, of: NamedRecord, body: unknown): Reply {
  const table = store.tableForReading(of.vaultId, of.table, options);
  const row = rowOf(table, of.id, 'Update');
  const [column, part] = [...readForm(body)].find(([, { file }]) => file !== undefined) ?? [];
  if (column === undefined) throw new VaultRefusal(400, 'Invalid request. A file is missing');
  table.update(row, { [column]: part?.file }, undefined, false);
  return jsonReply(JSON.stringify({ skyflow_id: of.id }));
}

/**
 * `POST /v2/vaults/{id}/files/upload`: a form with `tableName`, `columnName`, `file` and, for a record that is there,
 * `skyflowID`; without it a record is made.
 */
function uploadNamed({ options, store }: RecordSurroundings, vaultId: string, body: unknown): Reply {
  const form = readForm(body);
  const said = (name: string): string => {
    const text = form.get(name)?.text;
    if (text === undefined || text === '') throw new VaultRefusal(400, `Invalid request. ${name} is missing`);
    return text;
  };
  const [tableName, column] = [said('tableName'), said('columnName')];
  const file = form.get('file')?.file;
  if (file === undefined) throw new VaultRefusal(400, 'Invalid request. file is missing');
  if (form.get('returnFileMetadata')?.text === 'true') throw notServed('returnFileMetadata');
  const id = form.get('skyflowID')?.text ?? '';
  if (id !== '') {
    const table = store.tableForReading(vaultId, tableName, options);
    table.update(rowOf(table, id, 'Update'), { [column]: file }, undefined, false);
    return jsonReply(JSON.stringify({ skyflowID: id, fileMetadata: null }));
  }
  const table = store.tableForInsert(vaultId, tableName, options);
  const row = table.append({ [column]: file }, undefined);
  return jsonReply(JSON.stringify({ skyflowID: table.idOf(row), fileMetadata: null }));
}
