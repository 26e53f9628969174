import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { StopRequests } from '../command-line/stop-requests.js';
import { runMeasured } from '../measure/run-measured.js';
import type { BenchTarget } from '../target/load-target.js';
import { measuredProgram as builtProgram } from '../target/program.js';
import type { BenchmarkWorkspace } from './workspace.js';
import * as z from 'zod';

export interface MeasuredLoad {
  readonly target: BenchTarget;
  readonly workspace: BenchmarkWorkspace;
  readonly concurrency: number;
  readonly batchSize: number;
  /** For each vault. */
  readonly records: number;
  readonly stop: StopRequests;
  /** The program to measure; without it that of this checkout. */
  readonly program?: string;
}

/** What one load took. */
export interface LoadMeasurement extends LoadOutcome {
  /** The whole command: start of the processes, passes over the files, load, summary. */
  readonly wallMs: number;
  /** User and system time of supervisor and children; undefined where the system does not tell. */
  readonly cpuMs: number | undefined;
}

/**
 * Loads vaults as a user does, with the built program, and measures it. Throws when the load was stopped, or did not
 * come to a summary; failed records and unfinished vaults are part of the measurement.
 */
export async function measureLoad(load: MeasuredLoad): Promise<LoadMeasurement> {
  const { target, workspace, stop } = load;
  stop.stopping.throwIfAborted();
  const argv = [
    ...[load.program ?? builtProgram, 'load', '--json', '--quiet', '--new-run', '--yes'],
    ...['--config', target.configFile, '--vault', target.vaults.map(({ name }) => name).join(',')],
    ...['--data-dir', workspace.dataDirectory, '--run-dir', workspace.runDirectory],
    ...['--concurrency', String(load.concurrency), '--batch-size', String(load.batchSize)],
    ...['--max-records', String(load.records), ...target.flags],
  ];
  const ended = await runMeasured(argv, {
    cwd: workspace.directory,
    environment: target.environment,
    stop,
  });
  stop.stopping.throwIfAborted();
  const outcome = readOutcome(ended.stdout);
  await workspace.forgetRuns();
  if (outcome === undefined) {
    throw new SuperviseError(
      'crashed',
      `a load ended with exit status ${ended.status} and without a summary`,
      {
        hint: ended.stderr.trim().split('\n').slice(-6).join('\n  '),
      },
    );
  }
  return { ...outcome, wallMs: ended.wallMs, cpuMs: ended.cpuMs };
}

const figure = z.number();

/** What is needed of the summary, and no more: another commit may write more or less of the rest. */
const summarySchema = z.object({
  exit_code: figure,
  totals: z.object({
    uploaded: figure,
    failed: figure,
    unsettled: figure,
    requests: figure,
    retries: figure,
    throttled: figure,
  }),
  vaults: z
    .array(
      z.object({
        latency_ms: z.object({
          count: figure,
          average: figure,
          p50: figure,
          p95: figure,
          p99: figure,
          max: figure,
        }),
        timed_wall_ms: figure,
        average_concurrency: figure,
        rss_bytes: figure,
      }),
    )
    .min(1),
});

/** What a load says of itself. */
interface LoadOutcome {
  readonly exitStatus: number;
  readonly uploaded: number;
  readonly failed: number;
  readonly unsettled: number;
  readonly requests: number;
  readonly retries: number;
  readonly throttled: number;
  /** From the first row to the last answer, of the slowest vault: without the start of processes. */
  readonly loadMs: number;
  /** The average is over all requests; percentiles are those of the vault where they are highest. */
  readonly latencyMs: Readonly<Record<'average' | 'p50' | 'p95' | 'p99' | 'max', number>>;
  /** Requests in flight, of an average vault. */
  readonly averageConcurrency: number;
  /** Of the largest child, at its end. */
  readonly rssBytes: number;
}

/** Reads what `--json` printed; undefined when it is no summary. */
function readOutcome(stdout: string): LoadOutcome | undefined {
  let document: unknown;
  try {
    document = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  const { success, data } = summarySchema.safeParse(document);
  if (!success) return undefined;
  const { totals, vaults } = data;
  type Vault = (typeof vaults)[number];
  const highest = (read: (vault: Vault) => number): number => Math.max(...vaults.map(read));
  const sum = (read: (vault: Vault) => number): number =>
    vaults.reduce((total, each) => total + read(each), 0);
  const answered = sum(({ latency_ms }) => latency_ms.count);
  return {
    exitStatus: data.exit_code,
    uploaded: totals.uploaded,
    failed: totals.failed,
    unsettled: totals.unsettled,
    requests: totals.requests,
    retries: totals.retries,
    throttled: totals.throttled,
    loadMs: highest(({ timed_wall_ms }) => timed_wall_ms),
    latencyMs: {
      average: answered === 0 ? 0 : sum(({ latency_ms }) => latency_ms.average * latency_ms.count) / answered,
      p50: highest(({ latency_ms }) => latency_ms.p50),
      p95: highest(({ latency_ms }) => latency_ms.p95),
      p99: highest(({ latency_ms }) => latency_ms.p99),
      max: highest(({ latency_ms }) => latency_ms.max),
    },
    averageConcurrency: sum(({ average_concurrency }) => average_concurrency) / vaults.length,
    rssBytes: highest(({ rss_bytes }) => rss_bytes),
  };
}
