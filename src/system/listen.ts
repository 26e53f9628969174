import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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
