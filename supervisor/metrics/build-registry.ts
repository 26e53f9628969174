import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { isLatency, type FigureValue } from '../../src/figures/figure.js';
import { FIGURES } from '../../src/figures/figures.js';
import { percentileMs } from '../../src/figures/latency-histogram.js';
import { NOTHING_YET, type VaultSnapshot } from '../../src/figures/snapshot.js';
import { productVersion } from '../../src/product/product.js';
import { VAULT_PHASES, type VaultState } from '../run/vault-state.js';

const prefix = 'skyflow_supervise_';

/** Labels beside `vault`, and the value that goes with them. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What is scraped: where it is read is asked at each scrape, and nothing is kept in between. */
export interface Scraped {
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
export function buildRegistry({ runId, vaults }: Scraped): Registry {
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
