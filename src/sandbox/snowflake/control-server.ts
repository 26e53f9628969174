import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { admitControl, createControlToken } from '../control-access.js';
import type { Account } from './account.js';
import { eventSchema, faultsSchema } from './faults.js';
import { BadRequest, readJson, sendJson } from './http-exchange.js';
import { sandboxStats } from './stats.js';

const planSchema = faultsSchema.extend({ now: eventSchema.optional() });
const changesSchema = planSchema.partial();
const sqlSchema = z.strictObject({ sql: z.string().min(1) });

export interface ControlOptions {
  readonly account: Account;
  readonly goDown: (durationMs: number) => Promise<void>;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new BadRequest(z.prettifyError(parsed.error));
}

async function answer(
  method: string,
  path: string,
  body: unknown,
  options: ControlOptions,
): Promise<unknown> {
  const { account, goDown } = options;
  const { faults } = account;
  const happen = async (now: z.output<typeof eventSchema> | undefined) => {
    if (now === undefined) return;
    await account.happen(now);
    if (now.downMs !== undefined) await goDown(now.downMs);
  };
  switch (`${method} ${path}`) {
    case 'GET /sandbox/stats':
      return sandboxStats(account);
    case 'GET /sandbox/faults':
      return faults.current;
    case 'POST /sandbox/faults': {
      const { now, ...plan } = parse(planSchema, body);
      faults.replace(plan);
      await happen(now);
      return faults.current;
    }
    case 'PATCH /sandbox/faults': {
      const { now, ...changes } = parse(changesSchema, body);
      const named = Object.keys(z.record(z.string(), z.unknown()).parse(body ?? {}));
      faults.merge(Object.fromEntries(Object.entries(changes).filter(([name]) => named.includes(name))));
      await happen(now);
      return faults.current;
    }
    case 'POST /sandbox/sql':
      return account.runSql(parse(sqlSchema, body).sql);
    default:
      return undefined;
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlOptions & { readonly token: string },
): Promise<void> {
  try {
    const { host, origin } = request.headers;
    const access = admitControl({ target: request.url ?? '/', host, origin }, options.token);
    if (access.kind === 'refused') {
      sendJson(response, access.status, { error: access.reason });
      return;
    }
    const { pathname } = new URL(access.target, 'http://control');
    const value = await answer(request.method ?? 'GET', pathname, await readJson(request), options);
    if (value === undefined) sendJson(response, 404, { error: `No such control: ${pathname}` });
    else sendJson(response, 200, value);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    sendJson(response, error instanceof BadRequest ? 400 : 500, { error: message });
  }
}

/** The sandbox's own endpoints, on a port of their own, so that they answer while the account is down. */
export async function startControlServer(options: ControlOptions): Promise<{ url: string; server: Server }> {
  const { host, controlPort } = options.account.options;
  const token = createControlToken();
  const server = createServer((request, response) => {
    void handle(request, response, { ...options, token });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(controlPort, host, resolve);
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}/${token}`, server };
}
