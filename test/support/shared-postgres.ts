import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/system/listen.js';
import { findPrograms } from './postgres-programs.js';

/** In the environment of test files: the server that all of them share. Whoever needs it waits until it answers. */
export const SHARED_POSTGRES = 'TEST_SHARED_POSTGRES';

/** Likewise: where its data is as it was when it had the tables of a store, for servers that may be crashed. */
export const MADE_POSTGRES = 'TEST_MADE_POSTGRES';
/** What that folder is called, in the one of the server. */
export const MADE = 'made';
/** In which the servers of tests have their folders. */
export const postgresFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Begins to start a PostgreSQL for all files of a run, where there is one; it ends with this process, however that ends. */
export async function sharePostgres(): Promise<Disposable> {
  if (process.env['TEST_DATABASE_URL'] !== undefined || findPrograms() === undefined)
    return { [Symbol.dispose]: () => undefined };
  const port = await freePort();
  const folder = join(postgresFolder, `store-test-${process.pid}-${port}`);
  process.env[SHARED_POSTGRES] = `postgres://postgres@127.0.0.1:${port}/`;
  process.env[MADE_POSTGRES] = join(folder, MADE);
  const words = [String(port), '', folder];
  const keeper = fork(fileURLToPath(new URL('./processes/postgres.js', import.meta.url)), words, {
    execArgv: [],
  });
  return {
    [Symbol.dispose]: () => {
      if (keeper.connected) keeper.disconnect();
    },
  };
}
