import { admitControl } from './control-access.js';
import { type Exchange, readBody } from './exchange.js';
import { isJsonObject, mergePatch } from './merge-options.js';
import { jsonReply, type Reply, refusalReply, VaultRefusal } from './vault-reply.js';

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
