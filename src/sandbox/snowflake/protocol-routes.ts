import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Account } from './account.js';
import { BadRequest } from './http-exchange.js';
import { login } from './login-route.js';
import type { Query } from './queries.js';
import {
  acknowledged,
  inProgressReply,
  monitoringReply,
  refusedReply,
  renewalReply,
  resultReply,
  unknownQueryReply,
  type ProtocolReply,
} from './replies.js';
import type { SandboxSession } from './sessions.js';

/** What a handler sees of a request. */
export interface ProtocolRequest {
  readonly url: URL;
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly baseUrl: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

const queryId = '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})';

const routes = [
  ['login', 'POST', /^\/session\/v1\/login-request$/],
  ['renew', 'POST', /^\/session\/token-request$/],
  ['heartbeat', 'POST', /^\/session\/heartbeat$/],
  ['logout', 'POST', /^\/session$/],
  ['telemetry', 'POST', /^\/telemetry\/send$/],
  ['query', 'POST', /^\/queries\/v1\/query-request$/],
  ['abort', 'POST', /^\/queries\/v1\/abort-request$/],
  ['abort', 'POST', new RegExp(`^/queries/${queryId}/abort-request$`)],
  ['result', 'GET', new RegExp(`^/queries/${queryId}/result$`)],
  ['monitoring', 'GET', new RegExp(`^/monitoring/queries/${queryId}$`)],
  ['chunk', 'GET', new RegExp(`^/chunks/${queryId}/(\\d+)$`)],
] as const;

export interface RouteMatch {
  readonly name: (typeof routes)[number][0];
  /** Query id and chunk number, where the path has them. */
  readonly captures: readonly string[];
}

export function matchRoute(method: string, path: string): RouteMatch | undefined {
  for (const [name, routeMethod, pattern] of routes) {
    const match = method === routeMethod ? pattern.exec(path) : null;
    if (match !== null) return { name, captures: match.slice(1) };
  }
  return undefined;
}

const bindSchema = z.object({
  type: z.string(),
  value: z.union([z.string(), z.null(), z.array(z.union([z.string(), z.null()]))]),
});

const querySchema = z.object({
  sqlText: z.string(),
  asyncExec: z.boolean().optional(),
  describeOnly: z.boolean().optional(),
  bindings: z.record(z.string(), bindSchema).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

const abortSchema = z.object({ requestId: z.string() });

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BadRequest(`The body is not what this endpoint takes: ${z.prettifyError(parsed.error)}`);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function submit(
  account: Account,
  session: SandboxSession,
  { url, body }: ProtocolRequest,
): { query: Query; isAsync: boolean } {
  const { sqlText, asyncExec, describeOnly, bindings = {}, parameters = {} } = parse(querySchema, body);
  const parameter = (name: string) => text(parameters[name]) ?? session.parameters.get(name);
  const timeoutSeconds = Number(parameter('STATEMENT_TIMEOUT_IN_SECONDS') ?? 0);
  const query = account.queries.submit({
    session,
    sqlText,
    describeOnly: describeOnly ?? false,
    binds: new Map(Object.entries(bindings).map(([position, bind]) => [Number(position), bind])),
    requestId: url.searchParams.get('requestId') ?? undefined,
    tag: parameter('QUERY_TAG') ?? '',
    statementCount: Number(parameter('MULTI_STATEMENT_COUNT') ?? 1),
    timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
  });
  return { query, isAsync: asyncExec ?? false };
}

async function resultOf(
  account: Account,
  session: SandboxSession,
  query: Query,
  { baseUrl, signal }: ProtocolRequest,
): Promise<ProtocolReply> {
  const waiting = new AbortController();
  const giveUp = AbortSignal.any([signal, waiting.signal]);
  const patience = delay(account.options.syncWaitMs, undefined, { signal: giveUp }).catch(() => undefined);
  await Promise.race([query.done, patience]);
  waiting.abort();
  const { state } = query;
  return resultReply(query, {
    session,
    chunks: state.kind === 'SUCCESS' ? account.results.chunks(state.result) : [],
    chunkUrl: (chunk) => `${baseUrl}/chunks/${query.id}/${chunk}?${account.results.signUrl(query.id, chunk)}`,
  });
}

/** Only the user who ran a query sees it. */
function ownQuery(account: Account, session: SandboxSession, id: string): Query | undefined {
  const query = account.queries.find(id);
  return query?.user === session.user ? query : undefined;
}

/** Which query and which chunk a chunk's path names. */
export function chunkPath({ captures: [id = '', chunk = ''] }: RouteMatch): {
  queryId: string;
  chunk: number;
} {
  return { queryId: id, chunk: Number(chunk) };
}

function tokenOf(authorization: string | undefined): string | undefined {
  return /^Snowflake Token="([^"]*)"$/.exec(authorization ?? '')?.[1];
}

/** The answer to one request of the protocol; the state it changes is the account's. */
export async function answer(
  account: Account,
  route: RouteMatch,
  exchange: ProtocolRequest,
): Promise<ProtocolReply> {
  const { sessions, queries } = account;
  const token = tokenOf(exchange.authorization);
  if (route.name === 'login') return await login(account, exchange.url, exchange.body);
  if (route.name === 'renew') {
    const renewed = sessions.renew(token);
    return renewed.kind === 'refused'
      ? refusedReply(renewed)
      : renewalReply(renewed.session, sessions.limits);
  }
  const found = sessions.find(token);
  if (found.kind === 'refused') return refusedReply(found);
  const { session } = found;
  const [id = ''] = route.captures;
  switch (route.name) {
    case 'heartbeat':
    case 'telemetry':
      return acknowledged;
    case 'logout':
      sessions.close(session);
      account.connections.close(session);
      return acknowledged;
    case 'query': {
      const { query, isAsync } = submit(account, session, exchange);
      if (isAsync) return inProgressReply(query, '333334');
      return resultOf(account, session, query, exchange);
    }
    case 'abort': {
      const key = id === '' ? parse(abortSchema, exchange.body) : { queryId: id };
      const query = queries.cancel(key);
      await query?.done;
      return query === undefined ? unknownQueryReply(id) : acknowledged;
    }
    case 'result': {
      const query = ownQuery(account, session, id);
      return query === undefined ? unknownQueryReply(id) : resultOf(account, session, query, exchange);
    }
    case 'monitoring':
      return monitoringReply(ownQuery(account, session, id));
    case 'chunk':
      throw new BadRequest('Chunks are fetched without a session.');
    default:
      return route.name satisfies never;
  }
}
