import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  cp,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import * as z from 'zod';
import { findPrograms } from '../postgres-programs.js';
import { MADE, MADE_POSTGRES, postgresFolder } from '../shared-postgres.js';
import { victim } from '../users.js';
import { waitUntil } from '../wait-until.js';
import { newFolder } from '../temporary-folder.js';

// A PostgreSQL of the tests, and who looks after it: it is started by a fork with a port, told `crash`, `run`, `save` and `restore`, and ends
// with whoever forked it, also when that is killed: then the channel between them closes. Nothing of it is left behind.

/** Who runs the server: PostgreSQL refuses root. */
const server = process.geteuid?.() === 0 ? victim : undefined;
const [, , given, tls = '', sharedFolder] = process.argv;
const port = z.coerce.number().int().parse(given);
/** In which the tables of a store are made already; by its first name nobody copies it yet. */
const [unready, template] = ['store_unready', 'store_template'];
/** What the server that all files of a run share has made: the others begin with it. */
const made = sharedFolder === undefined ? process.env[MADE_POSTGRES] : undefined;
const madeLimitMs = 60_000;

const urlOf = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;

function environment(bin: string): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LD_LIBRARY_PATH: join(bin, '..', 'lib'), LC_ALL: 'C', TZ: 'UTC' };
}

/** A folder with a database, and where its programs are. */
async function makeFolder(): Promise<{ folder: string; bin: string }> {
  const programs = findPrograms();
  if (programs === undefined) throw new Error('there is no PostgreSQL here');
  const folder = sharedFolder ?? newFolder(join(postgresFolder, 'store-test-'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const native = join(made === undefined ? folder : dirname(made), 'native');
  const bin = programs.root === '' ? programs.bin : join(native, 'bin');
  const data = join(folder, 'data');
  if (server !== undefined) await chown(folder, server.uid, server.gid);
  if (made !== undefined) {
    await waitUntil('the shared PostgreSQL has made its data', () => existsSync(made), madeLimitMs);
    await replace(folder, made, 'data');
  } else {
    if (programs.root !== '') {
      // Who runs the server must be able to reach it, whatever the checkout's folders allow.
      await cp(programs.root, native, { recursive: true, verbatimSymlinks: true });
      await makeLinks(folder);
    }
    await mkdir(data, { mode: 0o700 });
    if (server !== undefined) await chown(data, server.uid, server.gid);
    const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'];
    const begun = spawnSync(join(bin, 'initdb'), options, {
      ...{ ...server, cwd: folder, env: environment(bin), encoding: 'utf8' },
    });
    if (begun.status !== 0) throw new Error(`initdb failed: ${begun.stderr}`);
  }
  // Over TLS only those who show a certificate of the same authority are let in.
  if (tls !== '') {
    const rules = ['hostnossl all postgres 127.0.0.1/32 trust', 'hostssl all all 127.0.0.1/32 cert'];
    await writeFile(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`);
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) {
      await copyFile(join(tls, name), join(data, name));
      await chmod(join(data, name), 0o600);
      if (server !== undefined) await chown(join(data, name), server.uid, server.gid);
    }
  }
  return { folder, bin };
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

async function run({ folder, bin }: { folder: string; bin: string }): Promise<ChildProcess> {
  const settings = [
    ...(tls === '' ? [] : ['ssl=on', 'ssl_ca_file=ca.pem', 'ssl_cert_file=cert.pem', 'ssl_key_file=key.pem']),
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
  ];
  // Without waiting for disks: what a crash of the server forgets is in question here, not one of the machine.
  const words = ['-F', '-D', join(folder, 'data'), '-p', String(port)];
  const child = spawn(join(bin, 'postgres'), [...words, ...settings.flatMap((one) => ['-c', one])], {
    ...{ ...server, cwd: folder, env: environment(bin) },
    stdio: process.env['TEST_POSTGRES_LOG'] === undefined ? 'ignore' : 'inherit',
  });
  for (;;) {
    const client = new pg.Client(urlOf('postgres'));
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return child;
    } catch (error) {
      if (child.exitCode !== null) throw error;
      await sleep(50);
    }
  }
}

async function makeTables(): Promise<void> {
  const [{ makeStore }, { makeEngineTables }] = await Promise.all([
    import('../../../src/store/open-store.js'),
    import('../../../supervisor/cluster/shard-queue.js'),
  ]);
  await administer(`CREATE DATABASE ${unready}`);
  await makeStore(urlOf(unready), { name: 'template', connections: 1 });
  await makeEngineTables(urlOf(unready));
  await administer('CHECKPOINT');
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client(urlOf('postgres'));
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** Ends the server as a crash does; it is gone when this resolves. */
async function crash(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGQUIT');
  await gone;
}

/** Puts a copy of one folder in the place of another. */
async function replace(folder: string, from: string, to: string): Promise<void> {
  // With its owner and modes.
  const copied = spawnSync('cp', ['-a', from, `${to}.new`], { cwd: folder });
  if (copied.status !== 0) throw new Error('the data could not be copied');
  await rm(join(folder, to), { recursive: true, force: true });
  await rename(join(folder, `${to}.new`), join(folder, to));
}

// A terminal interrupts all of its processes: whoever forked this one ends, and then this one does.
for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(each, () => undefined);
let child: ChildProcess | undefined;
process.on('disconnect', () => {
  void (child === undefined ? Promise.resolve() : crash(child)).then(() => process.exit());
});
const place = await makeFolder();
child = await run(place);
if (made === undefined) await makeTables();
if (sharedFolder !== undefined) {
  await crash(child);
  await replace(place.folder, 'data', MADE);
  child = await run(place);
}
// Only now may anybody copy it.
await administer(`ALTER DATABASE ${unready} RENAME TO ${template}`);
process.on('message', (order) => {
  const follow = async (): Promise<void> => {
    if (child !== undefined && order !== 'run') await crash(child);
    if (order === 'save') await replace(place.folder, 'data', 'saved');
    if (order === 'restore') await replace(place.folder, 'saved', 'data');
    if (order !== 'crash') child = await run(place);
    process.send?.('done');
  };
  void follow();
});
if (!process.connected) process.exit();
process.send?.('done');
