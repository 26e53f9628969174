import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { productVersion } from '../../src/run/product-version.js';
import type { VaultPhase } from '../view/run-view.js';
import type { ProcessFigure, VaultFigures } from './vault-figures.js';

const prefix = 'skyflow_supervise_';
const phases: readonly VaultPhase[] = [
  'waiting',
  'checking',
  'loading',
  'draining',
  'restarting',
  'finished',
];

/** Labels beside `vault`, and the value that goes with them. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** What is scraped: where it is read is asked at each scrape, and nothing is kept in between. */
export interface Scraped {
  readonly runId: () => string;
  readonly vaults: () => Iterable<VaultFigures>;
}

/** A registry of its own, with the figures of a run by vault and those of this process. */
export function buildRegistry({ runId, vaults }: Scraped): Registry {
  const registry = new Registry();
  const define = (
    kind: typeof Counter | typeof Gauge,
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (vault: VaultFigures) => readonly Sample[],
  ): void => {
    new kind({
      name: `${prefix}${name}`,
      help,
      labelNames: ['vault', ...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const vault of vaults())
          for (const [labels, value] of read(vault)) this.inc({ vault: vault.name, ...labels }, value);
      },
    });
  };
  const one = (value: number | undefined): readonly Sample[] => (value === undefined ? [] : [[{}, value]]);
  const by = (label: string, values: Readonly<Record<string, number>>): readonly Sample[] =>
    Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
  const seconds = (vault: VaultFigures, figure: ProcessFigure): number => vault.total(figure) / 1000;

  // Records: from the journal, so cumulative over restarts and resumes.
  define(Counter, 'records_read_total', 'Settled rows: uploaded, failed and skipped.', [], ({ snapshot }) =>
    one(snapshot.read),
  );
  define(Counter, 'records_uploaded_total', 'Records that the vault has acknowledged.', [], ({ snapshot }) =>
    one(snapshot.uploaded),
  );
  define(Counter, 'records_failed_total', 'Records in the error log.', ['reason'], ({ snapshot }) =>
    by('reason', { refused: snapshot.failed - snapshot.held, held: snapshot.held }),
  );
  define(Counter, 'records_skipped_total', 'Rows with nothing to send.', ['reason'], ({ snapshot }) =>
    by('reason', { ...snapshot.skipped }),
  );
  define(Counter, 'records_confirmed_total', 'Of uploaded: found by asking.', [], ({ snapshot }) =>
    one(snapshot.confirmed),
  );
  define(Gauge, 'records_unsettled', 'Rows without a verdict.', [], ({ snapshot }) =>
    one(snapshot.unsettled),
  );
  define(Gauge, 'records_expected', 'Rows that the run is to settle, where known.', [], ({ snapshot }) =>
    one(snapshot.rowsTotal),
  );
  // Requests: added up over the processes of this command.
  define(Counter, 'requests_total', 'Insert requests that have ended.', ['outcome'], (vault) =>
    by('outcome', {
      answered: vault.total('answered'),
      throttled: vault.total('throttled'),
      unanswered: vault.total('unanswered'),
    }),
  );
  define(Counter, 'retries_total', 'Requests sent again after a failure.', [], (vault) =>
    one(vault.total('retries')),
  );
  define(Counter, 'request_seconds_total', 'Latency of answered requests, added up.', [], (vault) =>
    one(seconds(vault, 'answeredMs')),
  );
  define(
    Gauge,
    'request_latency_seconds',
    'Latency of the present process.',
    ['quantile'],
    ({ snapshot }) => {
      const { count, p50Ms, p95Ms, p99Ms } = snapshot.latency;
      return count === 0
        ? []
        : by('quantile', { '0.5': p50Ms / 1e3, '0.95': p95Ms / 1e3, '0.99': p99Ms / 1e3 });
    },
  );
  define(Gauge, 'requests_in_flight', 'Requests without an answer yet.', [], ({ snapshot }) =>
    one(snapshot.inFlight),
  );
  define(Gauge, 'workers', 'Workers: at work, allowed now, configured.', ['kind'], ({ snapshot }) =>
    by('kind', {
      active: snapshot.workersActive,
      allowed: snapshot.workersAllowed,
      configured: snapshot.workersConfigured,
    }),
  );
  define(
    Gauge,
    'requests_per_second_allowed',
    'Pace learned from refusals, while there is one.',
    [],
    ({ snapshot }) => one(snapshot.requestsPerSecondAllowed),
  );
  define(Counter, 'batches_total', 'Batches that are settled.', ['outcome'], (vault) =>
    by('outcome', {
      immediate: vault.total('batchesImmediate'),
      retried: vault.total('batchesRetried'),
      failed: vault.total('batchesFailed'),
    }),
  );
  define(Counter, 'stage_seconds_total', 'Time spent, over all workers.', ['stage'], (vault) =>
    by('stage', {
      source_read: seconds(vault, 'sourceReadMs'),
      payload: seconds(vault, 'payloadMs'),
      serialization: seconds(vault, 'serializationMs'),
      base_delay: seconds(vault, 'baseDelayMs'),
      api: seconds(vault, 'apiMs'),
      retry_delay: seconds(vault, 'retryDelayMs'),
    }),
  );
  // Processes.
  define(Counter, 'restarts_total', 'Processes that were started again.', [], (vault) => one(vault.restarts));
  define(Gauge, 'vault_phase', '1 for the phase that the vault is in.', ['phase'], (vault) =>
    by('phase', Object.fromEntries(phases.map((phase) => [phase, phase === vault.phase ? 1 : 0]))),
  );
  define(Counter, 'vault_cpu_seconds_total', 'CPU time of the processes of a vault.', [], (vault) =>
    one(seconds(vault, 'cpuMs')),
  );
  define(Gauge, 'vault_resident_memory_bytes', 'Memory of the process of a vault.', [], ({ snapshot }) =>
    one(snapshot.rssBytes),
  );
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
