import { TOKEN_PATH } from './service-account.js';
import { VaultRefusal } from './vault-reply.js';

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
  | { readonly name: 'insert_records' | 'detokenize' | 'query'; readonly vaultId: string }
  | { readonly name: 'token' };

/** The route of a method and path (without query); a refusal 404 or 405 when there is none. */
export function routeOf(method: string, path: string): Route {
  if (path === TOKEN_PATH) return allowed(method, { POST: { name: 'token' } });
  const [root, version, vaults, vault, name, id, ...rest] = path.split('/');
  const isVaultPath = root === '' && version === 'v1' && vaults === 'vaults' && rest.length === 0;
  if (!isVaultPath || vault === undefined || vault === '' || name === '' || id === '') {
    throw new VaultRefusal(404, 'Not Found');
  }
  const vaultId = decoded(vault);
  if (name === undefined) return allowed(method, { POST: { name: 'insert_records', vaultId } });
  if (id !== undefined) {
    return allowed(method, { DELETE: { name: 'delete', vaultId, table: decoded(name), id: decoded(id) } });
  }
  if ((name === 'detokenize' || name === 'query') && method === 'POST') return { name, vaultId };
  const table = decoded(name);
  return allowed(method, {
    POST: { name: 'insert', vaultId, table },
    GET: { name: 'get', vaultId, table },
    DELETE: { name: 'delete', vaultId, table },
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
