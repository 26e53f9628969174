import { TOKEN_PATH } from './service-account.js';
import { NO_TABLES } from './vault-store.js';
import { notServed, VaultRefusal } from './vault-reply.js';

/** What a request asks of the vault. */
export type Route =
  | { readonly name: 'insert' | 'get'; readonly vaultId: string; readonly table: string }
  /** With an `id`, the record that the path names; without, those of the body. */
  | {
      readonly name: 'delete';
      readonly vaultId: string;
      readonly table: string;
      readonly id?: string | undefined;
    }
  | {
      readonly name: 'get_record' | 'update_record' | 'upload';
      readonly vaultId: string;
      readonly table: string;
      readonly id: string;
    }
  | {
      readonly name: 'insert_records' | 'detokenize' | 'tokenize' | 'query' | 'upload_named';
      readonly vaultId: string;
    }
  /** Of a Flow vault, whose id stands in the body. */
  | { readonly name: FlowRoute }
  | { readonly name: 'token' };

const FLOW_ROUTES = {
  '/v2/records/insert': 'flow_insert',
  '/v2/records/get': 'flow_get',
  '/v2/records/update': 'flow_update',
  '/v2/records/delete': 'flow_delete',
  '/v2/tokens/detokenize': 'flow_detokenize',
  '/v2/tokens/tokenize': 'flow_tokenize',
  '/v2/tokens/delete': 'flow_delete_tokens',
  '/v2/query': 'flow_query',
} as const;
type FlowRoute = (typeof FLOW_ROUTES)[keyof typeof FLOW_ROUTES];

/** What the faults, limits and latency of a route are those of. */
const KINDS = {
  insert: 'insert',
  insert_records: 'insert_records',
  get: 'get',
  get_record: 'get',
  update_record: 'update',
  upload: 'update',
  upload_named: 'update',
  delete: 'delete',
  detokenize: 'detokenize',
  tokenize: 'tokenize',
  query: 'query',
  token: 'token',
  flow_insert: 'insert',
  flow_get: 'get',
  flow_update: 'update',
  flow_delete: 'delete',
  flow_detokenize: 'detokenize',
  flow_tokenize: 'tokenize',
  flow_delete_tokens: 'delete',
  flow_query: 'query',
} as const satisfies Record<Route['name'], string>;

/** The kind of a route, as `faultRoutes` names it. */
export function kindOfRoute({ name }: Route): (typeof KINDS)[Route['name']] {
  return KINDS[name];
}

/** Whether a route stores records, so that the faults of an insert's effect and answer hit it. */
export function isInsert({ name }: Route): boolean {
  return name === 'insert' || name === 'insert_records' || name === 'flow_insert' || name === 'flow_tokenize';
}

/** The route of a method and path (without query); a refusal 404 or 405 when there is none. */
export function routeOf(method: string, path: string): Route {
  if (path === TOKEN_PATH) return allowed(method, { POST: { name: 'token' } });
  if (Object.hasOwn(FLOW_ROUTES, path)) {
    return allowed(method, { POST: { name: FLOW_ROUTES[path as keyof typeof FLOW_ROUTES] } });
  }
  const [root, version, vaults, vault, name, id, files, ...rest] = path.split('/');
  // The one route of an ordinary vault below /v2.
  if (/^\/v2\/vaults\/[^/]+\/files\/upload$/.test(path)) {
    return allowed(method, { POST: { name: 'upload_named', vaultId: decoded(vault ?? '') } });
  }
  if (version === 'v1' && files === 'files' && rest.length > 0) throw notServed(`${method} of one file`);
  const isVaultPath = root === '' && version === 'v1' && vaults === 'vaults' && rest.length === 0;
  if (!isVaultPath || vault === undefined || vault === '' || name === '' || id === '') {
    throw new VaultRefusal(404, 'Not Found');
  }
  const vaultId = decoded(vault);
  if (name === undefined) return allowed(method, { POST: { name: 'insert_records', vaultId } });
  if (NO_TABLES.has(name)) {
    if (id !== undefined || name === 'files') throw notServed(`${method} ${name}`);
    return allowed(method, { POST: { name: name as 'detokenize' | 'tokenize' | 'query', vaultId } });
  }
  const table = decoded(name);
  if (id === undefined) {
    return allowed(method, {
      POST: { name: 'insert', vaultId, table },
      GET: { name: 'get', vaultId, table },
      DELETE: { name: 'delete', vaultId, table },
    });
  }
  const record = { vaultId, table, id: decoded(id) };
  if (files === 'files') return allowed(method, { POST: { name: 'upload', ...record } });
  if (files !== undefined) throw new VaultRefusal(404, 'Not Found');
  return allowed(method, {
    GET: { name: 'get_record', ...record },
    PUT: { name: 'update_record', ...record },
    DELETE: { name: 'delete', ...record },
  });
}

function allowed(method: string, routes: Readonly<Record<string, Route>>): Route {
  const route = Object.hasOwn(routes, method) ? routes[method] : undefined;
  if (route === undefined) throw new VaultRefusal(405, 'Method Not Allowed');
  return route;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new VaultRefusal(400, 'Invalid request. The path is not well encoded');
  }
}
