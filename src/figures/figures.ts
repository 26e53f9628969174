import { failureWords } from '../error-log/failure-reasons.js';
import {
  counted,
  knownRows,
  latencies,
  ledgerRows,
  momentary,
  momentaryCeiling,
  momentaryLimit,
  partsOf,
  passedTime,
  spentTime,
  type Figure,
} from './figure.js';

/**
 * The figures of a vault, one entry for each: what it is, how those of several processes or vaults are put together, and
 * where it is shown. Reports of children, `status.json`, `summary.json`, metrics, summary and lines follow from it.
 */
export const figures = {
  /** Settled rows: uploaded + failed + skipped. */
  read: {
    ...ledgerRows,
    summary: 'totals',
    metric: {
      kind: 'counter',
      name: 'records_read_total',
      help: 'Settled rows: uploaded, failed and skipped.',
    },
  },
  uploaded: {
    ...ledgerRows,
    summary: 'totals',
    metric: {
      kind: 'counter',
      name: 'records_uploaded_total',
      help: 'Records that the vault has acknowledged.',
    },
    column: { heading: 'Uploaded', always: true },
  },
  failed: { ...ledgerRows, summary: 'totals', column: { heading: 'Failed', always: true } },
  skipped_by_reason: {
    ...partsOf(ledgerRows, {
      empty_value: 'with an empty value',
      empty_token: 'with an empty token',
      already_there: 'in the vault already',
    }),
    by: 'ledger',
    summary: 'totals',
    metric: {
      kind: 'counter',
      name: 'records_skipped_total',
      help: 'Rows with nothing to send.',
      label: 'reason',
    },
    column: { heading: 'Skipped' },
  },
  /** Rows of `rows_total` that are not settled; while that is unknown, rows taken from the source and not settled. */
  unsettled: {
    ...ledgerRows,
    summary: 'totals',
    metric: {
      kind: 'gauge',
      name: 'records_unsettled',
      help: 'Rows that are open: not sent yet, or the answer is unknown.',
    },
  },
  /** Of `unsettled`: were sent, or may have been, and nobody knows what became of them. While a process works: 0. */
  in_doubt: {
    ...ledgerRows,
    schema: ledgerRows.schema.default(0),
    summary: 'totals',
    column: { heading: 'Answer unknown' },
  },
  /** Rows that the run is to settle, `max_records` applied. */
  rows_total: {
    ...knownRows,
    summary: 'totals',
    metric: {
      kind: 'gauge',
      name: 'records_expected',
      help: 'Rows that the run is to settle, where known.',
    },
  },
  /** Of `uploaded`: were in doubt and found in the vault by looking. */
  confirmed: {
    ...ledgerRows,
    summary: 'totals',
    metric: { kind: 'counter', name: 'records_confirmed_total', help: 'Of uploaded: found by asking.' },
    said: { of: 'answers', one: 'found in the vault by asking', many: 'found in the vault by asking' },
  },
  /** Were in doubt and sent again: looked up and missing, or by upsert. */
  resent: { ...counted, summary: 'totals', said: { of: 'answers', one: 'sent again', many: 'sent again' } },
  /** Of `resent`: nothing tells whether the vault had taken them under tokens of its own, and has them twice now. */
  resent_uncounted: {
    ...counted,
    summary: 'totals',
    said: {
      of: 'answers',
      one: 'sent again where nothing tells whether the vault had it under another token',
      many: 'sent again where nothing tells whether the vault had them under other tokens',
    },
  },
  /** Of `failed`: were in doubt and held back. */
  held: {
    ...ledgerRows,
    summary: 'totals',
    said: { of: 'answers', one: 'held back as failed', many: 'held back as failed' },
  },
  /** Of `failed`, by why: those that the processes of this command have found. */
  failure_reasons: partsOf(counted, failureWords),
  batches: {
    ...partsOf(counted, {
      immediate: 'settled at the first attempt',
      retried: 'after further ones',
      failed: 'without a record uploaded',
    }),
    summary: 'totals',
    metric: {
      kind: 'counter',
      name: 'batches_total',
      help: 'Batches that are settled.',
      label: 'outcome',
    },
  },
  requests: { ...counted, summary: 'totals' },
  in_flight: {
    ...momentary,
    metric: { kind: 'gauge', name: 'requests_in_flight', help: 'Requests without an answer yet.' },
  },
  workers: {
    ...partsOf(momentary, { active: 'at work', allowed: 'allowed now', configured: 'configured' }),
    metric: {
      kind: 'gauge',
      name: 'workers',
      help: 'Workers: at work, allowed now, configured.',
      label: 'kind',
    },
  },
  /** What the vault has taught us to send at most; null while nothing limits. */
  requests_per_second_allowed: {
    ...momentaryLimit,
    metric: {
      kind: 'gauge',
      name: 'requests_per_second_allowed',
      help: 'Pace learned from refusals, while there is one.',
    },
  },
  /** The ceiling of latency, while requests in flight are kept few because of it; else null. */
  slowed_for_latency_ms: {
    ...momentaryCeiling,
    metric: {
      kind: 'gauge',
      name: 'slowed_for_latency_seconds',
      help: 'The ceiling of latency, while requests in flight are kept few because of it.',
      isMilliseconds: true,
    },
  },
  /** While it serves nobody: the HTTP status of its last answer, 0 for none; null while it serves. */
  away_status: momentaryCeiling,
  /** Nothing is sent for so long, for what it has answered; null while something is. */
  asks_again_ms: momentaryCeiling,
  retries: {
    ...counted,
    summary: 'totals',
    metric: { kind: 'counter', name: 'retries_total', help: 'Requests sent again after a failure.' },
    said: { of: 'work', one: 'retry', many: 'retries' },
    alarm: { word: 'retries', working: 8, ended: 7, tone: 'warn' },
  },
  /** Answers 429, 503 and 529. */
  throttled: {
    ...counted,
    summary: 'totals',
    said: { of: 'work', one: 'throttled', many: 'throttled' },
    alarm: { word: 'throttled', working: 7.5, ended: 8, tone: 'warn' },
  },
  /** Settled as uploaded, over the last few seconds. */
  records_per_second: momentary,
  requests_per_second: momentary,
  /** Of answered requests. */
  latency: latencies,
  /** Over all workers of a vault: the timing breakdown of the loader being replaced. */
  timing_ms: {
    ...partsOf(spentTime, {
      source_read: 'Data Source Read',
      record_creation: 'Record Creation',
      suffix: 'Suffix Generation',
      payload: 'Payload Creation',
      serialization: 'JSON Serialization',
      base_delay: 'BASE_REQUEST_DELAY',
      api: 'Skyflow API Calls',
      retry_delay: 'Retry Delays',
    }),
    summary: 'vaults',
    metric: {
      kind: 'counter',
      name: 'stage_seconds_total',
      help: 'Time spent, over all workers.',
      label: 'stage',
      isMilliseconds: true,
    },
  },
  /** Since loading began. */
  timed_wall_ms: { ...passedTime, summary: 'vaults' },
  /** The largest resident size. */
  rss_bytes: {
    ...momentary,
    summary: 'vaults',
    metric: {
      kind: 'gauge',
      name: 'vault_resident_memory_bytes',
      help: 'Memory of the process of a vault.',
    },
  },
  /** User and system. */
  cpu_ms: {
    ...spentTime,
    summary: 'vaults',
    metric: {
      kind: 'counter',
      name: 'vault_cpu_seconds_total',
      help: 'CPU time of the processes of a vault.',
      isMilliseconds: true,
    },
  },
} as const satisfies Readonly<Record<string, Figure>>;

export type FigureName = keyof typeof figures;
export const FIGURES = Object.entries(figures) as readonly (readonly [FigureName, Figure])[];
