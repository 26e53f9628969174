import { Engine, type DuckdbModule } from './engine.js';
import { FaultPlan, type SandboxEvent } from './faults.js';
import type { SnowflakeSandboxOptions } from './options.js';
import { QueryRegistry } from './queries.js';
import { ResultStore } from './result-store.js';
import { seedDatabases } from './seed.js';
import { SessionConnections } from './session-connections.js';
import { SessionRegistry } from './sessions.js';
import { translateSql } from './sql/translate-sql.js';

/** Rows as the engine gives them, ready for JSON: big numbers and dates are strings. */
export interface SqlRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * Everything a Snowflake account remembers: data, sessions, queries and results, and this sandbox's faults and counts.
 * It outlives the server in front of it, so that a restart of the server loses nothing.
 */
export class Account {
  readonly options: SnowflakeSandboxOptions;
  readonly engine: Engine;
  readonly sessions: SessionRegistry;
  readonly results: ResultStore;
  readonly connections: SessionConnections;
  readonly queries: QueryRegistry;
  readonly faults: FaultPlan;
  readonly requests = new Map<string, number>();
  chunksServed = 0;
  loginsRefused = 0;

  private constructor(options: SnowflakeSandboxOptions, engine: Engine) {
    this.options = options;
    this.engine = engine;
    this.faults = new FaultPlan(options.faults);
    this.sessions = new SessionRegistry(options.sessions);
    this.results = new ResultStore(engine, options.results);
    this.connections = new SessionConnections(engine);
    const { results, connections } = this;
    const hasWarehouse = (name: string) => this.hasWarehouse(name);
    this.queries = new QueryRegistry({ engine, results, connections, hasWarehouse }, this.faults);
  }

  /** Opens the engine and seeds it; throws `usage` when DuckDB is not installed. */
  static async open(
    options: SnowflakeSandboxOptions,
    importModule?: () => Promise<DuckdbModule>,
  ): Promise<Account> {
    const { storage, memoryLimit } = options;
    const engine = await Engine.open({ storage, memoryLimit, importModule });
    try {
      await seedDatabases(engine, options.seed);
    } catch (error) {
      await engine.close();
      throw error;
    }
    return new Account(options, engine);
  }

  /** Makes an event of the fault plan happen now, except for being down, which is the server's. */
  async happen({ expireSessions, expireResults, expireChunkUrls }: SandboxEvent): Promise<void> {
    if (expireSessions !== undefined) this.sessions.expireAll(expireSessions);
    if (expireChunkUrls === true) this.results.expireUrls();
    if (expireResults === true) {
      this.queries.expireResults();
      await this.results.dropExpired(Infinity);
    }
  }

  /** Runs SQL beside the protocol: no session, no fault, no entry in the query log. */
  async runSql(sql: string): Promise<SqlRows> {
    const { sql: engineSql, before, columnNames } = translateSql(sql);
    for (const each of before) await this.engine.run(each);
    const { columns, rows } = await this.engine.rows(engineSql);
    return { columns: columnNames(columns), rows };
  }

  /** Whether there is a warehouse of this name. */
  hasWarehouse(name: string): boolean {
    const { warehouses } = this.options;
    return warehouses.length === 0 || warehouses.some((known) => known.toUpperCase() === name.toUpperCase());
  }

  countRequest(route: string): void {
    this.requests.set(route, (this.requests.get(route) ?? 0) + 1);
  }

  async close(): Promise<void> {
    await this.queries.close();
    await this.results.settle();
    this.connections.closeAll();
    await this.engine.close();
  }
}
