import * as z from 'zod';
import { SuperviseError } from '../../errors/supervise-error.js';
import { createControlToken, serveControl, json, objectIn, type Controlled } from '../serve-control.js';
import { eachExchange } from '../exchange.js';
import { Listener } from '../listener.js';
import { Account, type SqlRows } from './account.js';
import type { DuckdbModule } from './engine.js';
import { snowflakeSandboxOptionsSchema, type SnowflakeSandboxInput } from './options.js';
import { ProtocolServer } from './protocol-server.js';
import { sandboxStats, type SnowflakeSandboxStats } from './stats.js';
import { VaultRefusal } from '../vault-reply.js';
import { eventSchema, faultsSchema } from './faults.js';

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
