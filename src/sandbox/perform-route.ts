import type { AccessControl } from './access-control.js';
import {
  insertBulk,
  insertRecordByRecord,
  type InsertResult,
  type InsertSurroundings,
} from './insert-routes.js';
import { deleteRecords, detokenize, getRecords, queryVault } from './lookup-routes.js';
import type { Route } from './routes.js';
import { verifyAssertion } from './service-account.js';
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
    case 'delete':
      return deleteRecords(around, route, body);
    case 'detokenize':
      return detokenize(around, route.vaultId, body);
    case 'query':
      return queryVault(around, route.vaultId, body);
    case 'token': {
      const account = verifyAssertion(body, around.options.serviceAccounts);
      const accessToken = around.access.issue(account.access, account.clientId);
      return jsonReply(JSON.stringify({ accessToken, tokenType: 'Bearer' }));
    }
    default:
      return route satisfies never;
  }
}
