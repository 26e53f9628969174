import * as z from 'zod';
import { SuperviseError } from '../../errors/supervise-error.js';
import { createControlToken, serveControl, json, objectIn, type Controlled } from '../serve-control.js';
import { eachExchange } from '../exchange.js';
import { Listener } from '../listener.js';
import { Account, type SqlRows } from './account.js';
import type { DuckdbModule } from './engine.js';
import { snowflakeSandboxOptionsSchema, type SnowflakeSandboxInput } from './options.js';
import { ProtocolServer } from './protocol-server.js';
import { VaultRefusal } from '../vault-reply.js';
import { eventSchema, faultsSchema } from './faults.js';
import type { Query } from './queries.js';

/** A query in the log: it ran once, however many requests asked for it. */
interface QueryLogEntry {
  readonly queryId: string;
  readonly sqlText: string;
  readonly tag: string;
  readonly status: Query['state']['kind'];
  readonly submissions: number;
  readonly rows: number | undefined;
  readonly user: string;
  readonly sessionId: number;
}

/** What the sandbox has seen since it was started. */
interface SnowflakeSandboxStats {
  readonly sessionsOpened: number;
  readonly sessionsOpen: number;
  readonly loginsRefused: number;
  readonly renewals: number;
  readonly chunksServed: number;
  /** Requests by route, faults included. */
  readonly requests: Readonly<Record<string, number>>;
  /** Faults that happened, by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Executions by SQL text (its first 2,000 characters). */
  readonly executions: Readonly<Record<string, number>>;
  readonly queries: readonly QueryLogEntry[];
}

function sandboxStats(account: Account): SnowflakeSandboxStats {
  const { opened, open, renewals } = account.sessions.counts;
  const executions: Record<string, number> = {};
  const queries = [...account.queries.all].map((query): QueryLogEntry => {
    const { id, sqlText, tag, state, submissions, user, sessionId } = query;
    executions[sqlText] = (executions[sqlText] ?? 0) + 1;
    const rows = state.kind === 'SUCCESS' ? state.result.totalRows : undefined;
    return { queryId: id, sqlText, tag, status: state.kind, submissions, rows, user, sessionId };
  });
  return {
    sessionsOpened: opened,
    sessionsOpen: open,
    loginsRefused: account.loginsRefused,
    renewals,
    chunksServed: account.chunksServed,
    requests: Object.fromEntries(account.requests),
    faults: Object.fromEntries(account.faults.applied),
    executions,
    queries,
  };
}

/** A running sandbox Snowflake. */
export interface SnowflakeSandbox {
  /** The driver's `accessUrl`; no trailing slash. */
  readonly accessUrl: string;
  /** Where `/sandbox/stats`, `/sandbox/faults` and `/sandbox/sql` are. */
  readonly controlUrl: string;
  /** Runs SQL on the engine, beside the protocol; dates and big numbers come as strings. */
  runSql(sql: string): Promise<SqlRows>;
  stats(): SnowflakeSandboxStats;
  /** Cuts the driver's connections and refuses new ones, keeping every session, query and result. */
  stop(): Promise<void>;
  /** Listens again on the same port after `stop`. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts an embedded Snowflake that the real driver can log in to and read from: its protocol over HTTP on loopback,
 * its SQL on DuckDB, seeded with the databases of the reference. Throws SuperviseError `usage` for wrong options and
 * when DuckDB is not installed.
 */
export async function startSnowflakeSandbox(
  input: SnowflakeSandboxInput = {},
  { importDuckdb }: { readonly importDuckdb?: () => Promise<DuckdbModule> } = {},
): Promise<SnowflakeSandbox> {
  const parsed = snowflakeSandboxOptionsSchema.safeParse(input);
  if (!parsed.success) {
    throw new SuperviseError(
      'usage',
      `The Snowflake sandbox's options are wrong:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const account = await Account.open(parsed.data, importDuckdb);
  const protocol = new ProtocolServer(account);
  const token = createControlToken();
  const controlled = controlAccount(account, {
    token,
    goDown: (durationMs) => protocol.downFor(durationMs),
  });
  const control = Listener.overHttp1({
    host: account.options.host,
    port: account.options.controlPort,
    onRequest: eachExchange((exchange) => void serveControl(controlled, exchange)),
  });
  const close = async (): Promise<void> => {
    await Promise.all([protocol.stop(), control.close()]);
    await account.close();
  };
  try {
    await Promise.all([protocol.start(), control.open()]);
    return {
      accessUrl: protocol.url,
      controlUrl: `http://${account.options.host}:${control.port}/${token}`,
      runSql: (sql) => account.runSql(sql),
      stats: () => sandboxStats(account),
      stop: () => protocol.stop(),
      start: () => protocol.start(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const planSchema = faultsSchema.extend({ now: eventSchema.optional() });
const sqlSchema = z.strictObject({ sql: z.string().min(1) });

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new VaultRefusal(400, z.prettifyError(parsed.error));
}

/** The account as it is steered, on a port of its own, so that it answers while the account is down. */
function controlAccount(
  account: Account,
  { token, goDown }: { readonly token: string; readonly goDown: (durationMs: number) => Promise<void> },
): Controlled {
  const { faults } = account;
  return {
    token,
    stats: () => sandboxStats(account),
    faults: {
      get current() {
        return faults.current;
      },
      replace: async (body) => {
        const { now, ...plan } = parse(planSchema, body);
        faults.replace(plan);
        if (now === undefined) return;
        await account.happen(now);
        if (now.downMs !== undefined) await goDown(now.downMs);
      },
    },
    answer: async ({ route, body }) =>
      route === 'POST /sandbox/sql'
        ? json(await account.runSql(parse(sqlSchema, objectIn(body)).sql))
        : undefined,
  };
}
