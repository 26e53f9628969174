import { createServer, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Registry, collectDefaultMetrics, Counter, Gauge } from 'prom-client';
import { listen } from '../../src/system/listen.js';
import type { MetricsWish } from '../command-line/attendance-options.js';
import type { RunObserver } from '../observers/run-observer.js';
import { type VaultState, VAULT_PHASES } from '../run/vault-state.js';
import { isLatency, type FigureValue } from '../../src/figures/figure.js';
import { FIGURES } from '../../src/figures/figures.js';
import { percentileMs } from '../../src/figures/latency-histogram.js';
import { NOTHING_YET, type VaultSnapshot } from '../../src/figures/snapshot.js';
import { productVersion } from '../../src/product/product.js';

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

const prefix = 'skyflow_supervise_';

/** Labels beside `vault`, and the value that goes with them. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What is scraped: where it is read is asked at each scrape, and nothing is kept in between. */
interface Scraped {
  readonly runId: () => string;
  /** By name. */
  readonly vaults: () => Iterable<readonly [string, VaultState]>;
}

interface Metric {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly read: (at: VaultSnapshot, vault: VaultState) => readonly Sample[];
}

/** Every figure that has a `metric` in `src/figures/figures.ts`; rows are cumulative over resumes, what processes count over the processes of this command. */
const OF_FIGURES: readonly Metric[] = FIGURES.flatMap(([name, { metric }]) => {
  if (metric === undefined) return [];
  const { label = '', isMilliseconds = false } = metric;
  return [{ ...metric, read: (at) => samplesOf(at[name], label, isMilliseconds ? 1000 : 1) }];
});

/** What several figures together say, and what is none. */
const OTHERS: readonly Metric[] = [
  {
    ...{ kind: 'counter', name: 'records_failed_total', help: 'Records in the error log.', label: 'reason' },
    read: ({ failed, held }) => samplesOf({ refused: failed - held, held }, 'reason'),
  },
  {
    ...{
      kind: 'counter',
      name: 'requests_total',
      help: 'Insert requests that have ended.',
      label: 'outcome',
    },
    read: ({ requests, throttled, in_flight: inFlight, latency: { count } }) =>
      samplesOf(
        { answered: count - throttled, throttled, unanswered: Math.max(0, requests - inFlight - count) },
        'outcome',
      ),
  },
  {
    ...{ kind: 'counter', name: 'request_seconds_total', help: 'Latency of answered requests, added up.' },
    read: ({ latency }) => [[{}, latency.sum_ms / 1000]],
  },
  {
    kind: 'gauge',
    name: 'request_latency_seconds',
    help: 'Latency of answered requests.',
    label: 'quantile',
    read: ({ latency }) =>
      latency.count === 0
        ? []
        : [50, 95, 99].map((percent) => [
            { quantile: String(percent / 100) },
            percentileMs(latency, percent) / 1000,
          ]),
  },
  {
    ...{ kind: 'counter', name: 'restarts_total', help: 'Processes that were started again.' },
    read: (_, { restarts }) => [[{}, restarts]],
  },
  {
    ...{ kind: 'gauge', name: 'vault_phase', help: '1 for the phase that the vault is in.', label: 'phase' },
    read: (_, { phase }) => VAULT_PHASES.map((one) => [{ phase: one }, one === phase ? 1 : 0]),
  },
];

/** A registry of its own, with the figures of a run by vault and those of this process. */
function buildRegistry({ runId, vaults }: Scraped): Registry {
  const registry = new Registry();
  for (const { kind, name, help, label, read } of [...OF_FIGURES, ...OTHERS]) {
    new { counter: Counter, gauge: Gauge }[kind]({
      name: `${prefix}${name}`,
      help,
      labelNames: label === undefined ? ['vault'] : ['vault', label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [vault, state] of vaults())
          for (const [labels, value] of read(state.snapshot ?? NOTHING_YET, state))
            this.inc({ vault, ...labels }, value);
      },
    });
  }
  new Gauge({
    name: `${prefix}run_info`,
    help: 'Always 1: which run, by which version.',
    labelNames: ['run_id', 'version'],
    registers: [registry],
    collect() {
      this.reset();
      this.set({ run_id: runId(), version: productVersion }, 1);
    },
  });
  collectDefaultMetrics({ register: registry, prefix: `${prefix}supervisor_` });
  return registry;
}

/** One for each part of a figure; none where it is not known. */
function samplesOf(value: FigureValue, label: string, per = 1): Sample[] {
  if (value === null) return [];
  if (typeof value === 'number') return [[{}, value / per]];
  if (isLatency(value)) return [];
  return Object.entries(value).map(([part, of]) => [{ [label]: part }, of / per]);
}
