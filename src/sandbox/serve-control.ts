import { type Exchange, readBody } from './exchange.js';
import { isJsonObject, mergePatch } from './merge-options.js';
import { jsonReply, type Reply, refusalReply, VaultRefusal } from './vault-reply.js';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

export const CONTROL_ROOT = '/sandbox/';
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/u;

/** What a request to the control routes asks for. */
export interface Control {
  /** `GET /sandbox/stats` */
  readonly route: string;
  readonly search: URLSearchParams;
  readonly body: string;
  readonly exchange: Exchange;
}

/** A sandbox as it is steered beside its protocol. */
export interface Controlled {
  readonly token: string;
  readonly stats: () => unknown;
  readonly faults: {
    readonly current: unknown;
    /** Takes others instead; throws for what cannot be meant. */
    readonly replace: (faults: unknown) => void | Promise<void>;
  };
  /** What else there is; undefined: no such route. `served`: the answer is on its way. */
  readonly answer: (control: Control) => Promise<Reply | 'served' | undefined>;
}

/** Serves the control routes of a sandbox (with its token, loopback only); never rejects. */
export async function serveControl(controlled: Controlled, exchange: Exchange): Promise<void> {
  const whole = (reply: Reply): void => exchange.deliver(reply, 'sandbox', { kind: 'whole', close: 'no' });
  try {
    const access = admitControl(exchange, controlled.token);
    if (access.kind === 'refused') throw new VaultRefusal(access.status, access.reason);
    const { pathname, searchParams: search } = new URL(`http://sandbox${access.target}`);
    if (!LOOPBACK.test(exchange.remoteAddress ?? '')) throw new VaultRefusal(403, 'Loopback only');
    const body = await readBody(exchange.body, 0);
    if (typeof body === 'string') return;
    const route = `${exchange.method} ${pathname}`;
    const reply = await control(controlled, { route, search, body: body.text, exchange });
    if (reply === undefined) throw new VaultRefusal(404, `The sandbox has no ${route}`);
    if (reply !== 'served') whole(reply);
  } catch (error) {
    const refusal = error instanceof VaultRefusal ? error : new VaultRefusal(500, String(error));
    whole(refusalReply(refusal, { asText: false, errorFromClient: false }));
  }
}

async function control(controlled: Controlled, asked: Control): Promise<Reply | 'served' | undefined> {
  const { faults } = controlled;
  switch (asked.route) {
    case 'GET /sandbox/stats':
      return json(controlled.stats());
    case 'GET /sandbox/faults':
      return json(faults.current);
    case 'PATCH /sandbox/faults':
      await faults.replace(mergePatch(faults.current, objectIn(asked.body)));
      return json(faults.current);
    case 'POST /sandbox/faults':
      await faults.replace(objectIn(asked.body));
      return json(faults.current);
    default:
      return controlled.answer(asked);
  }
}

export function json(value: unknown): Reply {
  return jsonReply(JSON.stringify(value));
}

/** The JSON object of a body, an empty one where there is none. Throws a refusal. */
export function objectIn(body: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(body === '' ? '{}' : body);
    if (isJsonObject(found)) return found;
  } catch {
    // Falls through to the refusal.
  }
  throw new VaultRefusal(400, 'The body is no JSON object');
}

/** What a request says of where it comes from and goes to. */
interface ControlRequest {
  /** Path and query. */
  readonly target: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Either the path behind the token, or why a request is not served. */
type ControlAccess =
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
function admitControl({ target, host, origin }: ControlRequest, token: string): ControlAccess {
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
