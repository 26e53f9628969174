import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** What a request says of where it comes from and goes to. */
export interface ControlRequest {
  /** Path and query. */
  readonly target: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Either the path behind the token, or why a request is not served. */
export type ControlAccess =
  | { readonly kind: 'granted'; readonly target: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly reason: string };

/** Names this sandbox's control routes, which can read and delete all of it, to whoever saw its line at the start. */
export function createControlToken(): string {
  return randomBytes(16).toString('hex');
}

/**
 * Whether a request to the control routes (`/TOKEN/sandbox/…`) is served: with the token, and neither from a page of
 * somebody else (Origin) nor by a name that leads here by chance or by DNS (Host).
 */
export function admitControl({ target, host, origin }: ControlRequest, token: string): ControlAccess {
  if (!isLocalHost(host)) return refused(403, 'This Host is none of the sandbox');
  if (origin !== undefined && !isLocalHost(/^https?:\/\/([^/]+)$/u.exec(origin)?.[1])) {
    return refused(403, 'Pages of others are not served');
  }
  const [, given = '', ...rest] = target.split('/');
  const [expected, found] = [Buffer.from(token), Buffer.from(given)];
  if (expected.length === found.length && timingSafeEqual(expected, found)) {
    return { kind: 'granted', target: `/${rest.join('/')}` };
  }
  return refused(401, 'The control routes are below control_url, which holds their token');
}

/** Loopback by name or address; any other address too, since none of these can be anybody's DNS. */
function isLocalHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/u, '').replace(/^\[|\]$/gu, '');
  return name !== undefined && (name === 'localhost' || isIP(name) !== 0);
}

function refused(status: 401 | 403, reason: string): ControlAccess {
  return { kind: 'refused', status, reason };
}
