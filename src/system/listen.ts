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

/** A port of this machine that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
