import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { compatibilityMacros } from './sql/compatibility-macros.js';
import { informationMacros } from './sql/information-schema.js';
import { engineIdentifier, engineName } from './sql/engine-names.js';
import { hasOtherFormats } from './sql/account-parameters.js';
import { quoteLiteral } from './sql/tokens.js';
import type * as Duckdb from '@duckdb/node-api';
import { SuperviseError } from '../../errors/supervise-error.js';

/** What a statement's connection takes over from its session. */
export interface ConnectionContext {
  readonly database?: string | undefined;
  readonly schema?: string | undefined;
  readonly user: string;
  readonly role: string;
  readonly warehouse: string | undefined;
  readonly id: number;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface EngineOptions {
  readonly storage: 'memory' | 'disk';
  readonly memoryLimit?: string | undefined;
  readonly importModule?: (() => Promise<DuckdbModule>) | undefined;
}

/** Where results are kept, apart from the tables that statements see. */
export const resultsDatabase = 'SANDBOX_RESULTS';

/**
 * One DuckDB instance. A Snowflake database is an attached database, so three-part names work as they are; every
 * statement gets a connection of its own, so that queries of one session run side by side and can be cancelled
 * one by one.
 */
export class Engine {
  readonly #duckdb: DuckdbModule;
  readonly #instance: DuckDBInstance;
  readonly #admin: DuckDBConnection;
  readonly #directory: string | undefined;

  private constructor(
    duckdb: DuckdbModule,
    instance: DuckDBInstance,
    admin: DuckDBConnection,
    directory: string | undefined,
  ) {
    this.#duckdb = duckdb;
    this.#instance = instance;
    this.#admin = admin;
    this.#directory = directory;
  }

  static async open({ storage, memoryLimit, importModule }: EngineOptions): Promise<Engine> {
    const duckdb = await loadDuckdb(importModule);
    const directory =
      storage === 'disk' ? await mkdtemp(join(tmpdir(), 'skyflow-supervise-snowflake-')) : undefined;
    try {
      const instance = await duckdb.DuckDBInstance.create(':memory:', {
        // As in Snowflake: NULLs are larger than everything.
        default_null_order: 'nulls_last_on_asc_first_on_desc',
        temp_directory: directory === undefined ? '' : join(directory, 'spill'),
        ...(memoryLimit === undefined ? {} : { memory_limit: memoryLimit }),
      });
      const engine = new Engine(duckdb, instance, await instance.connect(), directory);
      await engine.run("SET GLOBAL TimeZone = 'UTC'");
      await engine.attach(resultsDatabase);
      for (const macro of [...compatibilityMacros, ...informationMacros])
        await engine.run(`CREATE MACRO ${macro}`);
      return engine;
    } catch (error) {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Makes a Snowflake database of this name. */
  async attach(database: string): Promise<void> {
    const path = this.#directory === undefined ? ':memory:' : join(this.#directory, `${database}.duckdb`);
    await this.run(`ATTACH ${quoteLiteral(path)} AS "${database}"`);
  }

  /** Runs a statement that is the sandbox's own. */
  async run(sql: string): Promise<void> {
    await this.#admin.run(sql);
  }

  /** A connection for one statement; the caller closes it. Unknown databases and schemas are passed over. */
  async connect(context: ConnectionContext): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    await this.prepare(connection, context);
    return connection;
  }

  /** Gives a connection what the session says now. */
  async prepare(connection: DuckDBConnection, context: ConnectionContext): Promise<void> {
    const { database, schema, user, role, warehouse, id, parameters } = context;
    const of = database === undefined ? undefined : engineName(database);
    for (const [name, value] of Object.entries({
      user,
      role,
      warehouse,
      session: String(id),
      database: of,
      formats: hasOtherFormats(parameters) ? 'other' : 'usual',
    })) {
      const text = value === undefined ? 'NULL' : quoteLiteral(value);
      await connection.run(`SET VARIABLE sandbox_${name} = ${text}`);
    }
    if (database !== undefined && schema !== undefined) await setSearchPath(connection, database, schema);
  }

  /** Whether the database, or the schema in it, exists; what is the engine's own does not. */
  async exists(database: string, schema?: string): Promise<boolean> {
    const rows = await this.#admin.runAndReadAll(
      `SELECT 1 FROM duckdb_schemas() WHERE database_name = ${quoteLiteral(engineName(database))} ` +
        `AND database_name NOT IN ('memory', 'system', 'temp', '${resultsDatabase}')` +
        (schema === undefined ? '' : ` AND schema_name = ${quoteLiteral(engineName(schema))}`),
    );
    return rows.currentRowCount > 0;
  }

  /** Column names and rows, in values that JSON can hold. */
  async rows(sql: string): Promise<{ columns: string[]; rows: unknown[][] }> {
    const connection = await this.#instance.connect();
    try {
      const reader = await connection.runAndReadAll(sql);
      return { columns: reader.columnNames(), rows: reader.getRowsJson() };
    } finally {
      connection.closeSync();
    }
  }

  /** One BLOB; empty when it is NULL. */
  async bytes(sql: string): Promise<Buffer> {
    const connection = await this.#instance.connect();
    try {
      const value = (await connection.runAndReadAll(sql)).getRows()[0]?.[0];
      return value instanceof this.#duckdb.DuckDBBlobValue ? Buffer.from(value.bytes) : Buffer.alloc(0);
    } finally {
      connection.closeSync();
    }
  }

  async close(): Promise<void> {
    this.#admin.closeSync();
    this.#instance.closeSync();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The compatibility macros live in memory.main, so that stays on the path whatever the current schema is. */
async function setSearchPath(connection: DuckDBConnection, database: string, schema: string): Promise<void> {
  const current = `${engineIdentifier(database)}.${engineIdentifier(schema)}`;
  await connection.run(`SET search_path = ${quoteLiteral(`${current},memory.main`)}`);
}

export type DuckdbModule = typeof Duckdb;

/**
 * The SQL engine, loaded when it is first needed: it is an optional dependency, and everything else works
 * without it. Throws `usage` with what to install when it is missing.
 */
export async function loadDuckdb(
  importModule: () => Promise<DuckdbModule> = () => import('@duckdb/node-api'),
): Promise<DuckdbModule> {
  try {
    return await importModule();
  } catch (cause) {
    throw new SuperviseError(
      'usage',
      "The sandbox's Snowflake runs its SQL on DuckDB, which cannot be loaded.",
      {
        hint: 'Install it with `npm install @duckdb/node-api` (with --global where this program is installed so), then start it again.',
        cause,
      },
    );
  }
}
