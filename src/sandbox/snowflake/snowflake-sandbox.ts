import * as z from 'zod';
import { SuperviseError } from '../../errors/supervise-error.js';
import { createControlToken } from '../control-access.js';
import { eachExchange } from '../exchange.js';
import { Listener } from '../listener.js';
import { serveControl } from '../serve-control.js';
import { Account, type SqlRows } from './account.js';
import { controlAccount } from './control-account.js';
import type { DuckdbModule } from './load-duckdb.js';
import { snowflakeSandboxOptionsSchema, type SnowflakeSandboxInput } from './options.js';
import { ProtocolServer } from './protocol-server.js';
import { sandboxStats, type SnowflakeSandboxStats } from './stats.js';

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
