import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { SuperviseError, systemCode } from '../../src/errors/supervise-error.js';
import type { MetricsWish } from '../command-line/attendance-options.js';
import type { RunObserver } from '../run/run-observer.js';
import { buildRegistry } from './build-registry.js';
import type { VaultState } from '../run/vault-state.js';

export interface MetricsServer {
  /** `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  readonly isLoopback: boolean;
  /** Keeps the figures up to date. */
  readonly observer: RunObserver;
  close(): Promise<void>;
}

/** More than scrape a run; connections that others leave half open must not use up the run's own files. */
const mostConnections = 32;

/** Serves the figures of a run at `/metrics`, until it is closed. Throws `usage` when the address cannot be had. */
export async function serveMetrics({ host, port }: MetricsWish): Promise<MetricsServer> {
  const vaults = new Map<string, VaultState>();
  let runId = '';
  const registry = buildRegistry({ runId: () => runId, vaults: () => vaults });
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const path = request.url?.split('?')[0];
    if (!isOwnHost(request.headers.host, host)) {
      // A page of somebody else, whose name leads here by its DNS, gets nothing.
      response.writeHead(403, { 'content-type': 'text/plain' }).end('This Host is none of this server.\n');
    } else if (isRead && path === '/metrics') void answer(registry, response);
    else response.writeHead(404, { 'content-type': 'text/plain' }).end('The figures are at /metrics.\n');
  });
  server.maxConnections = mostConnections;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw refusal(error, host, port);
  }
  // A run's end does not wait for whoever scrapes.
  server.unref();
  const { address, family, port: actual } = server.address() as AddressInfo;
  const shown = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${shown}:${actual}/metrics`,
    isLoopback: address.startsWith('127.') || address === '::1',
    observer: {
      begun: ({ directory }) => {
        runId = directory?.runId ?? '';
      },
      changed: (name, state) => {
        vaults.set(name, state);
      },
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** By address, as localhost, as this machine calls itself, or as it was told to listen. */
function isOwnHost(header: string | undefined, configured: string): boolean {
  const name = header
    ?.replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (name === undefined) return false;
  return isIP(name) !== 0 || ['localhost', hostname().toLowerCase(), configured.toLowerCase()].includes(name);
}

async function answer(registry: Registry, response: ServerResponse): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch {
    response.writeHead(500).end();
  }
}

function refusal(error: unknown, host: string, port: number): SuperviseError {
  const code = systemCode(error);
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens there'
      : code === 'EACCES'
        ? 'this user may not listen there'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'this machine has no such address'
          : (code ?? String(error));
  return new SuperviseError('usage', `metrics cannot be served on ${host}, port ${port}: ${why}`, {
    hint: 'Name another one with --metrics-port and --metrics-host, or 0 for any free port. Nothing was started.',
    cause: error,
  });
}
