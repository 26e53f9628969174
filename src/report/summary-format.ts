import * as z from 'zod';
import { vaultStatusSchema } from '../protocol/messages.js';

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();
const utcTime = z.iso.datetime();

/** The version of `summary.json` that this program writes. */
export const SUMMARY_FORMAT_VERSION = 1;

/** `read = uploaded + failed + skipped`; `unsettled` stands beside it and is 0 in a complete load. */
const recordFields = {
  read: count,
  uploaded: count,
  failed: count,
  skipped: count,
  unsettled: count,
  /** Of `unsettled`: were sent, or may have been, and nobody knows yet what became of them. */
  in_doubt: count.default(0),
  /** Rows that the run is to settle; null while that is unknown. */
  rows_total: count.nullable(),
  skipped_by_reason: z.strictObject({
    empty_value: count,
    empty_token: count,
    already_there: count.default(0),
  }),
  /** Of `uploaded`: were in doubt and found in the vault by looking. */
  confirmed: count,
  /** Were in doubt and sent again. */
  resent: count,
  /** Of `failed`: were in doubt and held back. */
  held: count,
  restarts: count,
  batches: z.strictObject({ immediate: count, retried: count, failed: count }),
  requests: count,
  retries: count,
  throttled: count,
  duration_ms: milliseconds,
  /** Uploaded by this command, over `duration_ms`. */
  records_per_second: z.number().nonnegative(),
};

const errorSchema = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() });

const vaultSummarySchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  table: z.string(),
  status: vaultStatusSchema,
  ...recordFields,
  error: errorSchema.optional(),
  error_log: z.string().optional(),
  /** Why records failed, the most frequent first. */
  failed_by_reason: z
    .array(z.strictObject({ reason: z.string(), status_code: z.int(), records: count }))
    .default([]),
  /** Of the vault's last process, as are `timing_ms` and `average_concurrency`. */
  latency_ms: z.strictObject({
    count,
    average: milliseconds,
    min: milliseconds,
    max: milliseconds,
    p50: milliseconds,
    p95: milliseconds,
    p99: milliseconds,
  }),
  /** Added up over all workers. */
  timing_ms: z.strictObject({
    source_read: milliseconds,
    record_creation: milliseconds,
    suffix: milliseconds,
    payload: milliseconds,
    serialization: milliseconds,
    base_delay: milliseconds,
    api: milliseconds,
    retry_delay: milliseconds,
  }),
  /** How long the process that `timing_ms` speaks of has been loading. */
  timed_wall_ms: milliseconds,
  average_concurrency: z.number().nonnegative(),
  rss_bytes: count,
  cpu_ms: milliseconds,
});

/** `summary.json`: how a run ended, for programs. */
export const runSummarySchema = z.strictObject({
  format_version: z.literal(SUMMARY_FORMAT_VERSION),
  program_version: z.string(),
  run_id: z.string(),
  status: vaultStatusSchema,
  exit_code: count,
  started_at: utcTime,
  finished_at: utcTime,
  interrupted_by: z.enum(['SIGINT', 'SIGTERM', 'SIGHUP']).optional(),
  /** Why the run is not at its end although its vaults may be: what could not be written. */
  error: errorSchema.optional(),
  totals: z.strictObject(recordFields),
  vaults: z.array(vaultSummarySchema),
  run_directory: z.string(),
  merged_error_log: z.string().optional(),
  resume_command: z.string().optional(),
  retry_command: z.string().optional(),
  /** What a person must know beside the figures: values were suffixed, the row-count pass was left out, … */
  remarks: z.array(z.string()),
});

export type RunSummary = z.infer<typeof runSummarySchema>;
export type VaultSummary = z.infer<typeof vaultSummarySchema>;
export type SummaryTotals = RunSummary['totals'];
