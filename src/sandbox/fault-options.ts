import * as z from 'zod';

const chance = {
  rate: z.number().min(0).max(1).default(0).describe('Share of requests that are hit, 0 to 1.'),
  next: z.int().min(0).default(0).describe('The next so many requests are hit for certain; counts down.'),
};

const fault = (does: string) => z.strictObject(chance).prefault({}).describe(does);
/** How somebody who is not the vault answers for it. */
const answerOfOthers = {
  ...chance,
  status: z.int().min(200).max(599).default(500),
  form: z
    .enum(['envelope', 'html', 'text', 'empty'])
    .default('envelope')
    .describe('The envelope of the vault, a web page, plain text, or an empty body.'),
  grpcCode: z.int().min(0).max(16).default(0).describe('In the envelope; 0 for the usual one of the status.'),
};
const milliseconds = (initial: number) => z.number().min(0).default(initial);

/** How fast the vault is, and how fast one may be; `throttle` is a fault like those of `faultShape`. */
export const paceShape = {
  latency: z
    .strictObject({
      fixedMs: milliseconds(0).describe('The part that every request has.'),
      jitterMs: milliseconds(0).describe('A uniform part from 0 to this.'),
      p50Ms: milliseconds(0).describe('Median of a log-normal part; 0 for none.'),
      p99Ms: milliseconds(0).describe('99th percentile of the log-normal part; at least p50Ms.'),
      effectAt: z.number().min(0).max(1).default(0.5).describe('Share of the latency before the effect.'),
    })
    .prefault({})
    .describe('Time to an answer: the sum of a fixed, a uniform and a log-normal part.'),
  requestsPerSecond: z.number().min(0).default(0).describe('429 above this rate; 0 for no limit.'),
  recordsPerSecond: z.number().min(0).default(0).describe('429 above this rate of records; 0 for no limit.'),
  burstSeconds: z.number().positive().default(1).describe('How many seconds of the rate may come at once.'),
  retryAfter: z
    .enum(['none', 'seconds', 'date'])
    .default('seconds')
    .describe('How 429, 503 and 529 say Retry-After, if at all.'),
  retryAfterSeconds: z
    .int()
    .min(0)
    .default(0)
    .describe('What Retry-After says; 0 for the time until it helps, rounded up to a second.'),
  throttle: fault('429 at random.'),
} as const;

/**
 * Everything that can go wrong on purpose. A fault hits the routes in `faultRoutes`; faults that concern an
 * insert's effect hit inserts only. `next` wins over `rate`, and each fault is drawn on its own.
 */
export const faultShape = {
  faultRoutes: z
    .array(
      z.enum([
        'insert',
        'insert_records',
        'get',
        'update',
        'delete',
        'detokenize',
        'tokenize',
        'query',
        'token',
      ]),
    )
    .default(['insert', 'insert_records', 'get', 'update', 'delete', 'detokenize', 'tokenize', 'query'])
    .describe('Routes that have latency, rate limits and faults, on /v1 and on /v2.'),

  outage: z
    .strictObject({
      ...chance,
      status: z.union([z.literal(503), z.literal(529)]).default(503),
      durationMs: milliseconds(0).describe('How long it lasts; 0 for one request.'),
    })
    .prefault({})
    .describe('The vault as a whole is unavailable for a time.'),
  portClosed: z
    .strictObject({ ...chance, durationMs: milliseconds(1000) })
    .prefault({})
    .describe('The request and every connection are cut and nothing listens for a time.'),

  errorBefore: z
    .strictObject(answerOfOthers)
    .prefault({})
    .describe('Another answer than that of the vault, and no effect.'),
  errorAfter: z
    .strictObject(answerOfOthers)
    .prefault({})
    .describe('Another answer than that of the vault, although the request had its effect.'),
  resetBefore: fault('The connection is reset before the effect.'),
  resetAfter: fault('The connection is reset after the effect, before the answer.'),
  resetMidBody: fault('The connection is reset in the middle of the answer.'),
  truncated: fault('The connection ends in order in the middle of the answer.'),
  hangBefore: fault('Never answers, no effect.'),
  hangAfter: fault('Never answers, after the effect.'),
  slowBody: z
    .strictObject({
      ...chance,
      chunkBytes: z.int().min(1).default(64),
      intervalMs: z.number().min(1).default(20),
    })
    .prefault({})
    .describe('The answer dribbles in.'),
  closeAfterReply: fault('The connection ends after the answer without having said so.'),
  keepAliveRequests: z
    .int()
    .min(0)
    .default(0)
    .describe('A connection is closed, announced, after so many requests; 0 for never.'),
  keepAliveTimeoutMs: milliseconds(65_000).describe('An idle HTTP/1.1 connection is closed after this.'),

  malformed: fault('A 200 whose body is not JSON, after the effect.'),
  shortAnswer: fault('Records missing at the end of the answer; all were inserted.'),
  missingId: fault('One record of the answer has no skyflow_id; it was inserted.'),
  wrongToken: fault('One record is stored, and answered, under another token than the one sent.'),
  nullEntry: fault('One entry of the answer is null; it was inserted.'),
  shuffled: fault('The entries of the answer stand in another order than the records of the request.'),
  staleAnswer: fault('An insert has its effect, and the answer to the insert before it.'),
  doubledAnswer: fault(
    'The answer comes twice on its connection, so that those behind it are out of step (HTTP/1.1).',
  ),
  unsolicited: z
    .strictObject({ ...chance, status: z.int().min(400).max(599).default(408), delayMs: milliseconds(2) })
    .prefault({})
    .describe(
      'So long after an answer another one comes that nobody waits for, and the connection ends (HTTP/1.1).',
    ),
  hugeAnswer: z
    .strictObject({
      ...chance,
      bytes: z.int().min(1).default(64_000_000),
      form: z
        .enum(['blanks', 'entries', 'nested', 'words'])
        .default('blanks')
        .describe('Blanks within JSON, empty entries, brackets, or one long word.'),
    })
    .prefault({})
    .describe('An answer out of all proportion, after the effect.'),
  partialInsert: fault('The first records are stored, then 500.'),
  lateCommit: z
    .strictObject({ ...chance, delayMs: milliseconds(1000) })
    .prefault({})
    .describe('The connection is reset and the effect comes later.'),
  textError: fault('An error comes as text/plain instead of the envelope.'),
} as const;
