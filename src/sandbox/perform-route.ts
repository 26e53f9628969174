import type { AccessControl } from './access-control.js';
import { insertFlow } from './flow/flow-insert.js';
import { deleteFlow, getFlow, queryFlow, updateFlow } from './flow/flow-records.js';
import { deleteTokensFlow, detokenizeFlow, tokenizeFlow } from './flow/flow-tokens.js';
import {
  insertBulk,
  insertRecordByRecord,
  type InsertResult,
  type InsertSurroundings,
} from './insert-routes.js';
import { deleteRecords, detokenize, getRecords, queryVault } from './lookup-routes.js';
import { getRecord, updateRecord } from './record-methods.js';
import type { Route } from './routes.js';
import { verifyAssertion } from './service-account.js';
import { tokenize } from './tokenize-route.js';
import { uploadFile, uploadNamed } from './upload-routes.js';
import { jsonReply } from './vault-reply.js';

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
