import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/system/free-port.js';
import { findPrograms } from './postgres-programs.js';

/** In the environment of test files: the server that all of them share. Whoever needs it waits until it answers. */
export const SHARED_POSTGRES = 'TEST_SHARED_POSTGRES';

/** Begins to start a PostgreSQL for all files of a run, where there is one; it ends with this process, however that ends. */
export async function sharePostgres(): Promise<Disposable> {
  if (process.env['TEST_DATABASE_URL'] !== undefined || findPrograms() === undefined)
    return { [Symbol.dispose]: () => undefined };
  const port = await freePort();
  process.env[SHARED_POSTGRES] = `postgres://postgres@127.0.0.1:${port}/`;
  const keeper = fork(fileURLToPath(new URL('./processes/postgres.js', import.meta.url)), [String(port)], {
    execArgv: [],
  });
  return {
    [Symbol.dispose]: () => {
      if (keeper.connected) keeper.disconnect();
    },
  };
}
