import * as z from 'zod';

const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();

/** Latency of answered requests in milliseconds. */
export const latencySchema = z.strictObject({
  count,
  averageMs: milliseconds,
  minMs: milliseconds,
  maxMs: milliseconds,
  p50Ms: milliseconds,
  p95Ms: milliseconds,
  p99Ms: milliseconds,
});

/** Time spent, added up over all workers of a vault, in milliseconds: the reference's timing breakdown. */
export const timingSchema = z.strictObject({
  sourceReadMs: milliseconds,
  recordCreationMs: milliseconds,
  suffixMs: milliseconds,
  payloadMs: milliseconds,
  serializationMs: milliseconds,
  baseDelayMs: milliseconds,
  apiMs: milliseconds,
  retryDelayMs: milliseconds,
});

/**
 * Where one vault stands. Record counts are cumulative over restarts and resumes (they come from the journal);
 * request figures, latency and timing are those of this child process.
 */
export const snapshotSchema = z.strictObject({
  /** Rows that this run is to settle, `max_records` applied; absent while unknown. */
  rowsTotal: count.optional(),
  /** Settled rows: uploaded + failed + skipped. */
  read: count,
  uploaded: count,
  failed: count,
  skipped: z.strictObject({ empty_value: count, empty_token: count, already_there: count.default(0) }),
  /** Of `uploaded`: were in doubt and found in the vault by looking. */
  confirmed: count,
  /** Records that were in doubt and sent again: looked up and missing, or by upsert. */
  resent: count,
  /** Of `failed`: were in doubt and held back. */
  held: count,
  /** Rows of `rowsTotal` that are not settled yet; while that is unknown, rows taken from the source and not settled. */
  unsettled: count,
  batchesImmediate: count,
  batchesRetried: count,
  batchesFailed: count,
  requests: count,
  inFlight: count,
  workersActive: count,
  /** Workers allowed now, at most the configured concurrency. */
  workersAllowed: count,
  workersConfigured: count,
  /** What the vault has taught us to send at most; absent while nothing limits. */
  requestsPerSecondAllowed: z.number().nonnegative().optional(),
  retries: count,
  throttled: count,
  /** Records per second settled as uploaded, over the last few seconds. */
  recordsPerSecond: z.number().nonnegative(),
  requestsPerSecond: z.number().nonnegative(),
  latency: latencySchema,
  timing: timingSchema,
  /** Since this child began to load, in milliseconds. */
  elapsedMs: milliseconds,
  /** Bytes of memory the child has resident, and its CPU time (user + system). */
  rssBytes: count,
  cpuMs: milliseconds,
});

export type Latency = z.infer<typeof latencySchema>;
export type Timing = z.infer<typeof timingSchema>;
export type VaultSnapshot = z.infer<typeof snapshotSchema>;
