import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

/** More than ask at the same time; connections that others leave half open must not use up the process's own files. */
const mostConnections = 32;

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
};

/**
 * Has a server listen beside a run, whose end waits for nobody who is connected. Throws `usage` when the address cannot
 * be had: `what` cannot be served there.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  refusal: { readonly what: string; readonly hint: string },
): Promise<AddressInfo & { readonly close: () => Promise<void> }> {
  server.maxConnections = mostConnections;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const why = reasons[systemCode(error) ?? ''] ?? systemCode(error) ?? String(error);
    const { what, hint } = refusal;
    throw new SuperviseError('usage', `${what}: ${why}`, { hint, cause: error });
  }
  server.unref();
  return {
    ...(server.address() as AddressInfo),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Above what programs are known by, below what systems give out by themselves. */
const [lowestFree, endOfFree] = [20_000, 32_768] as const;

/**
 * A port of this machine that nobody listens on at the moment, and none that the system has given somebody by the time it
 * is used, for a server or for a connection.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = randomInt(lowestFree, endOfFree);
    const listener = createServer().listen(port, '127.0.0.1');
    const isFree = await once(listener, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    listener.close();
    await once(listener, 'close');
    return port;
  }
  throw new Error('there is no free port');
}
