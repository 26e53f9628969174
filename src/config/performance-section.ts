import * as z from 'zod';
import { paceWindowsForm } from '../rates/pace-windows.js';
import { rateSettings } from '../rates/rates.js';

/** The keys of the section `performance`; `schema.ts` says what stands in their `meta`. */
export const performanceKeys = z.strictObject({
  batch_size: z.int().min(1).max(10_000).default(300).meta({
    description: 'Records in one request.',
    flag: '--batch-size',
  }),
  max_batch_bytes: z.int().min(1_024).max(67_108_864).default(4_194_304).meta({
    description:
      'Bytes of values and tokens in one request: a batch with large values is closed before `batch_size`; a larger record goes alone.',
    flag: '--max-batch-bytes',
  }),
  max_concurrency: z.int().min(1).max(1024).default(32).meta({
    description: 'Requests in flight at the same time, for each vault.',
    flag: '--concurrency',
  }),
  max_records: z.int().min(0).optional().meta({
    description: 'Rows of the source to load for each vault; 0 is all of them.',
    flag: '--max-records',
    defaultText: '100000 for CSV, 100 for Snowflake',
  }),
  start_record: z.int().min(0).optional().meta({
    description: 'First row of each source to load, counted from 0: for a part of it.',
    flag: '--start-record',
    defaultText: '0',
  }),
  end_record: z.int().min(1).optional().meta({
    description: 'Row of each source before which to stop.',
    flag: '--end-record',
    defaultText: 'the end',
  }),
  append_suffix: z.boolean().optional().meta({
    description:
      'Append a unique suffix to every value and token, for load tests that are repeated. It changes the data.',
    flag: '--append-suffix',
    flagGroup: 'safety',
    defaultText: 'true towards this machine; must be said for any other vault',
  }),
  base_delay_ms: z.int().min(0).max(3_600_000).default(0).meta({
    description: 'Milliseconds that each worker waits between two requests.',
    flag: '--base-delay-ms',
  }),
  max_latency_ms: z.int().min(1).max(3_600_000).optional().meta({
    description:
      'Milliseconds within which 95% of the answers are to come: fewer requests are in flight when they do not, for loads beside live traffic.',
    flag: '--max-latency-ms',
    defaultText: 'none',
  }),
  max_attempts: z.int().min(1).max(100).default(5).meta({
    description: 'Attempts for one request, the first one included; being throttled uses none up.',
  }),
  request_timeout_ms: z.int().min(100).max(3_600_000).default(120_000).meta({
    description:
      'Milliseconds until a request without a whole answer is given up, the wait for a connection included.',
  }),
  headers_timeout_ms: z.int().min(100).max(3_600_000).default(120_000).meta({
    description: 'Milliseconds from the end of a request to the headers of its answer.',
  }),
  body_timeout_ms: z.int().min(100).max(3_600_000).default(30_000).meta({
    description: 'Milliseconds of silence within the body of an answer.',
  }),
  connect_timeout_ms: z.int().min(100).max(600_000).default(10_000).meta({
    description: 'Milliseconds until a connection that does not come about is given up.',
  }),
  http_version: z.literal(['1.1', '2', 'auto']).default('1.1').meta({
    description:
      'HTTP version towards the vault; 1.1 is measured to be faster and leaves fewer answers unknown.',
  }),
  max_errors: z
    .union([z.int().min(0), z.string().regex(/^(100|\d{1,2}(\.\d+)?)%$/)])
    .default(10_000)
    .meta({
      description:
        'A vault whose failed records are more than this ends early, resumable: a number, or a percentage over a window.',
      flag: '--max-errors',
      flagGroup: 'safety',
      placeholder: 'N|N%',
      allowed: 'a whole number from 0, or a percentage such as "5%"; "100%" never ends a load',
    }),
  max_held: z.int().min(0).optional().meta({
    description:
      'A vault with more records than this that are held back, because they may be in it already, ends early, resumable; they do not count towards `max_errors`.',
    flag: '--max-held',
    flagGroup: 'safety',
    defaultText: 'no limit',
  }),
  ...rateSettings,
  share_limits: z.boolean().default(false).meta({
    description:
      'The rates per second are for all vaults of the run together: each has an equal share, more when others have ended.',
    flag: '--share-limits',
  }),
  pace_windows: z.string().max(10_000).optional().meta({
    description:
      'Other rates for some hours of the week, such as slow days and fast nights; the first window that fits counts, outside of all the rates above.',
    flag: '--pace-windows',
    placeholder: 'WINDOWS',
    allowed: paceWindowsForm,
  }),
  pace_time_zone: z.string().max(100).optional().meta({
    description: 'The time zone of `pace_windows`.',
    allowed: 'the name of a time zone, such as Europe/Berlin',
    defaultText: "this machine's",
  }),
  heartbeat_ms: z.int().min(2_500).max(3_600_000).default(30_000).meta({
    description:
      'Milliseconds of silence after which a child process is taken for hung, killed and restarted.',
  }),
  max_restarts: z.int().min(0).max(100).default(3).meta({
    description: 'Restarts of a child process that dies, counted anew after progress.',
  }),
});

/** The section `performance`. */
export const performanceSection = performanceKeys
  .prefault({})
  .meta({ description: 'Speed, patience and limits.' });
