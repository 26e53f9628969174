import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
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

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
