import * as z from 'zod';

const count = z.coerce.number().int().nonnegative();
const figure = z.coerce.number().nonnegative();

/** One measured load, as a row of `benchmark_results_<timestamp>.csv`; in the order of its columns. */
export const sweepRowSchema = z.object({
  measured_at: z.string().describe('When the load began, in UTC.'),
  target: z.enum(['sandbox', 'vault']).describe('What was loaded.'),
  vaults: count.min(1).describe('How many vaults at the same time.'),
  concurrency: count.min(1).describe('Workers of each vault.'),
  batch_size: count.min(1).describe('Records of one request.'),
  repetition: count.min(1).describe('Which repetition of this configuration, from 1.'),
  records: count.describe('Records to load, of all vaults.'),
  uploaded: count.describe('Records that the vaults acknowledged.'),
  failed: count.describe('Records that the vaults refused.'),
  unsettled: count.describe('Records without a verdict; 0 unless the load could not be finished.'),
  exit_status: count.describe('Of `skyflow-supervise`: 0, or 1 with failed records, or 3 unfinished.'),
  wall_s: figure.describe('Seconds of the whole command, with start, pass over the files and summary.'),
  load_s: figure.describe('Seconds from the first row to the last answer, of the slowest vault.'),
  records_per_second: figure.describe('`uploaded` over `load_s`, of all vaults together.'),
  requests: count.describe('Requests, with repeated ones.'),
  retries: count.describe('Requests that were repeated.'),
  throttled: count.describe('Answers with status 429.'),
  latency_avg_ms: figure.describe('Average latency of a request.'),
  latency_p50_ms: figure.describe('Median, of the vault where it is highest; so are the next three.'),
  latency_p95_ms: figure.describe('95th percentile.'),
  latency_p99_ms: figure.describe('99th percentile.'),
  latency_max_ms: figure.describe('Longest.'),
  average_concurrency: figure.describe('Workers that were busy, on average, of each vault.'),
  cpu_s: z
    .union([z.literal('').transform(() => undefined), figure])
    .describe('User and system time of supervisor and children; empty where the system does not tell.'),
  cpu_us_per_record: z
    .union([z.literal('').transform(() => undefined), figure])
    .describe('`cpu_s` over `records`, in microseconds.'),
  rss_mib: figure.describe('Memory of the largest child at its end.'),
});

/** One measured load. */
export type SweepRow = z.output<typeof sweepRowSchema>;

type Column = keyof typeof sweepRowSchema.shape;

/** The names of the columns in their order. */
export const sweepColumns = Object.keys(sweepRowSchema.shape) as Column[];

/** The columns with what they mean, for the docs. */
export function describeColumns(): readonly (readonly [name: string, meaning: string])[] {
  return sweepColumns.map((name) => [name, sweepRowSchema.shape[name].description ?? '']);
}
