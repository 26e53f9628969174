import { createServer, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { Registry } from 'prom-client';
import { listen } from '../../src/system/listen.js';
import type { MetricsWish } from '../command-line/attendance-options.js';
import type { RunObserver } from '../observers/run-observer.js';
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
  const {
    address,
    family,
    port: actual,
    close,
  } = await listen(
    server,
    { host, port },
    {
      what: `metrics cannot be served on ${host}, port ${port}`,
      hint: 'Name another one with --metrics-port and --metrics-host, or 0 for any free port. Nothing was started.',
    },
  );
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
    close,
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
