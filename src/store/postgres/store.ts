import type * as Driver from 'pg';
import type { Pool, PoolClient } from 'pg';
import * as z from 'zod';
import { setTimeout as sleep } from 'node:timers/promises';
import { SuperviseError } from '../../errors/supervise-error.js';
import { STORE_SCHEMA, STORE_VERSION } from './schema-sql.js';
import { storeUrl } from './store-url.js';

export interface StoreOptions {
  /** As people see it in `pg_stat_activity`. */
  readonly name: string;
  /** Connections at most. */
  readonly connections: number;
  /** How long a server that cannot be reached is waited for. */
  readonly patienceMs?: number;
}

interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

interface Asking {
  readonly signal?: AbortSignal | undefined;
}

/** What people should know of the server that keeps a store: its name and version, and what is wrong with it. */
export interface StoreFacts {
  readonly server: string;
  readonly isEncrypted: boolean;
  readonly problems: readonly string[];
}

const factsSchema = z.object({
  version: z.string(),
  fsync: z.string(),
  pages: z.string(),
  ssl: z.boolean().nullable(),
  is_standby: z.boolean(),
});

const usualPatienceMs = 5 * 60_000;
const connectTimeoutMs = 5_000;
/** A statement that takes longer has lost its server: everything we ask is answered in milliseconds. */
const statementTimeoutMs = 60_000;
const firstDelayMs = 50;
const maxDelayMs = 1_000;

/**
 * A database that several machines share, asked with patience: while it cannot be reached, whoever asks waits. So every
 * question must be one that may be asked twice. Throws `storage` when it stays away, or refuses what was asked.
 */
export class Store {
  readonly #pool: Pool;
  readonly #patienceMs: number;

  private constructor(pool: Pool, patienceMs: number) {
    this.#pool = pool;
    this.#patienceMs = patienceMs;
  }

  /** Nothing is connected yet. Throws `config` for a URL that cannot be meant, and without the driver. */
  static async open(url: string, { name, connections, patienceMs }: StoreOptions): Promise<Store> {
    const pool = await openPool(url, { name, connections });
    return new Store(pool, patienceMs ?? usualPatienceMs);
  }

  /** The rows of a statement, checked. `name`: it is prepared once for each connection. */
  async ask<Row>(row: z.ZodType<Row>, statement: Statement, asking: Asking = {}): Promise<Row[]> {
    const { rows } = await this.#patiently(statement, asking);
    const parsed = z.array(row).safeParse(rows, { jitless: true });
    if (parsed.success) return parsed.data;
    throw new SuperviseError('storage', 'the store answers in another form than this version knows');
  }

  /** The same for statements, one or several, whose rows are not looked at. */
  async tell(text: string, values: readonly unknown[] = [], asking: Asking = {}): Promise<void> {
    await this.#patiently({ text, values }, asking);
  }

  async #patiently(
    { text, values = [], name }: Statement,
    { signal }: Asking,
  ): Promise<{ readonly rows: readonly unknown[] }> {
    const untilMs = performance.now() + this.#patienceMs;
    const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(maxDelayMs, 2 * delayMs)) {
      signal?.throwIfAborted();
      try {
        return await this.#pool.query(query);
      } catch (error) {
        if (!isPassing(error) || performance.now() > untilMs) throw storeError(error);
        await sleep(delayMs * (0.5 + Math.random() / 2), undefined, signal && { signal }).catch(
          () => undefined,
        );
      }
    }
  }

  /** Several statements, all or none. Not repeated: the caller sees to that, if it may be. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw storeError(error);
    });
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error instanceof SuperviseError ? error : storeError(error);
    } finally {
      client.release();
    }
  }

  /** Throws `config` unless the store was made, and by this version. */
  async assertReady(asking: Asking = {}): Promise<void> {
    const [found] = await this.ask(
      z.object({ there: z.boolean() }),
      { text: `SELECT to_regclass('${STORE_SCHEMA}.meta') IS NOT NULL AS there` },
      asking,
    );
    const versions =
      found?.there === true
        ? await this.ask(
            z.object({ version: z.int() }),
            { text: `SELECT version FROM ${STORE_SCHEMA}.meta` },
            asking,
          )
        : [];
    const [version] = versions;
    if (version?.version === STORE_VERSION) return;
    throw new SuperviseError(
      'config',
      version === undefined
        ? 'the database holds no store of this program'
        : `the store is of version ${version.version}, this program works with ${STORE_VERSION}`,
      {
        hint:
          version === undefined
            ? '`skyflow-supervise store init --print` shows what it needs. Whoever may make tables does so once: skyflow-supervise store init'
            : 'Use the version of this program that made it.',
      },
    );
  }

  /** What people should know of the server before a load. */
  async facts(): Promise<StoreFacts> {
    const [found] = await this.ask(factsSchema, {
      text: `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
               current_setting('full_page_writes') AS pages,
               (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS ssl,
               pg_is_in_recovery() AS is_standby`,
    });
    if (found === undefined) throw new SuperviseError('storage', 'the store says nothing about itself');
    const problems = [
      ...(found.fsync === 'on' ? [] : ['fsync is off: a crash of the server may forget what was sent']),
      ...(found.pages === 'on'
        ? []
        : ['full_page_writes is off: a crash of the server may damage the store']),
      ...(found.is_standby ? ['this server is a standby, and cannot be written to'] : []),
    ];
    return { server: `PostgreSQL ${found.version}`, isEncrypted: found.ssl ?? false, problems };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** What somebody does over a connection of his own to the database of a store, without patience. */
export async function withConnection<T>(
  url: string,
  name: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const pool = await openPool(url, { name, connections: 1 });
  try {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

async function openPool(
  url: string,
  { name, connections }: { name: string; connections: number },
): Promise<Pool> {
  const { default: pg } = await loadDriver();
  const pool = new pg.Pool({
    connectionString: storeUrl(url),
    max: connections,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + connectTimeoutMs,
    keepAlive: true,
  });
  // A connection that is lost while nobody uses it is nobody's failure: the next question makes another one.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function loadDriver(): Promise<typeof Driver> {
  try {
    return await import('pg');
  } catch (cause) {
    throw new SuperviseError('config', 'the driver for PostgreSQL is not installed', {
      hint: 'A load over several machines needs the optional packages pg and bullmq: npm install pg bullmq.',
      cause,
    });
  }
}

/** Of an answer of the server: which kind of problem it is. */
function stateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Whether it is worth another try: no answer at all, the connection (08), a server that shuts down or starts (57), has too
 * many clients (53), cannot be written to at present (25006), or gave way to another transaction (40, 55P03).
 */
function isPassing(error: unknown): boolean {
  if (error instanceof SuperviseError) return false;
  const state = stateOf(error);
  if (state === undefined)
    return !(error instanceof TypeError) && !/certificate|self.signed|password/i.test(String(error));
  return /^(08|40|53|57|25006|55P03)/.test(state);
}

/** What the server says may quote what it was given: people get its code, and the class of the problem. */
function storeError(error: unknown): SuperviseError {
  if (error instanceof SuperviseError) return error;
  const state = stateOf(error);
  if (state?.startsWith('28') === true)
    return new SuperviseError('config', `the store refuses the login (${state})`, {
      hint: 'Check user and password of the URL of the store (SKYFLOW_STORE).',
    });
  if (state === '3D000')
    return new SuperviseError('config', 'the server of the store has no such database (3D000)', {
      hint: 'Check the name behind the last slash of its URL (SKYFLOW_STORE); `store init` makes tables, not databases.',
    });
  if (state === '42501')
    return new SuperviseError('config', 'the role of the store URL may not do what a load does (42501)', {
      hint: '`skyflow-supervise store init --print` shows the grants that it needs.',
    });
  if (state !== undefined && !isPassing(error))
    return new SuperviseError('storage', `the store refuses what it was asked (SQLSTATE ${state})`, {
      cause: error,
    });
  return new SuperviseError(
    'storage',
    `the store cannot be reached${state === undefined ? '' : ` (${state})`}`,
    {
      hint: 'What was settled is safe. Bring the database back, then go on with `resume`.',
      cause: error,
    },
  );
}
