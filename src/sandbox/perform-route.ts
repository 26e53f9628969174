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
import { getRecord, updateRecord } from './record-methods.js';
import type { Route } from './routes.js';
import { verifyAssertion } from './service-account.js';
import { uploadFile, uploadNamed } from './upload-routes.js';
import { jsonReply, VaultRefusal, type Reply } from './vault-reply.js';
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
