import * as z from 'zod';

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
export interface LoadOutcome {
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
export function readOutcome(stdout: string): LoadOutcome | undefined {
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
