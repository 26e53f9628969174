import * as z from 'zod';
import { inputIdentitySchema, submittedQuerySchema } from '../source/input-identity.js';

const count = z.int().nonnegative();

/** What a child is to do with its vault, where that is not to load it. */
export const taskSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('verify'),
    /** Absent: every record, going on where an earlier verification of them ended. */
    sample: z.strictObject({ size: count, seed: count }).optional(),
    /** True: an earlier verification that did not come to its end counts for nothing. */
    anew: z.boolean(),
    /** True: the source is another one than the run's, and every record of it is to be in the vault. */
    against: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('clear'),
    fetchWorkers: count,
    deleteWorkers: count,
    deleteBatchSize: count,
    /** Absent: all of them. */
    maxRecords: count.optional(),
  }),
  z.strictObject({
    kind: z.literal('undo'),
    deleteBatchSize: count,
    /** By the vault's name: uploaded rows of which no id is known. */
    withoutId: z.record(z.string(), count),
  }),
  z.strictObject({
    kind: z.literal('calibrate'),
    /** How long one step takes. */
    stepMs: count,
    maxConcurrency: count,
    maxBatchSize: count,
    /** Test records, at most. */
    maxRecords: count,
  }),
  z.strictObject({
    kind: z.literal('qualify'),
    /** How long records of cut requests are looked for. */
    pollMs: count,
    /** Absent: every experiment. */
    only: z.literal('tokens').optional(),
  }),
  /** Look the source over, so that it can be cut into shards; nothing is sent. */
  z.strictObject({ kind: z.literal('plan') }),
]);
export type Task = z.infer<typeof taskSchema>;

/** Positions `first` to `last`, both included. */
const positionsSchema = z.strictObject({ first: count, last: count });

/** What reading a vault back came to; positions and numbers, never a value or a token. */
export const verificationFindingsSchema = z.strictObject({
  kind: z.literal('verify'),
  /** Records that the vault is to hold, as far as the run has settled them. */
  expected: count,
  /** Records that were compared: the sample, or all of them. `checked = matching + missing + different`. */
  checked: count,
  matching: count,
  /** The vault does not know the token. */
  missing: count,
  /** The vault holds another value under the token. */
  different: count,
  /** Rows that were not asked for, and why. */
  not_judged: z.strictObject({ failed: count, skipped: count, unsettled: count }),
  missing_positions: z.array(positionsSchema),
  different_positions: z.array(positionsSchema),
  /** False: there are more positions than are listed; of `--all` they stand in the progress file. */
  positions_complete: z.boolean(),
  /** Records in the table before the first request, and before and after this; null where the vault does not say. */
  vault_count: z.strictObject({
    at_start: count.nullable().default(null),
    before: count.nullable(),
    after: count.nullable(),
  }),
});
export type VerificationFindings = z.infer<typeof verificationFindingsSchema>;

/** What deleting records came to. */
const clearFindingsSchema = z.strictObject({
  kind: z.literal('clear'),
  /** Null: all at once, and the vault does not say how many. */
  deleted: count.nullable(),
  /** Whether the vault deleted all of them at one request. */
  at_once: z.boolean(),
  /** Records in the table before and after; null where the vault does not say. */
  vault_count: z.strictObject({ before: count.nullable(), after: count.nullable() }),
});
export type ClearFindings = z.infer<typeof clearFindingsSchema>;

/** What deleting the records of a run came to, over all commands that worked on it. */
const undoFindingsSchema = z.strictObject({
  kind: z.literal('undo'),
  /** Records whose ids the run has kept. */
  ids: count,
  deleted: count,
  /** Were not there any more: deleted by a request whose answer was lost, or by somebody else. */
  gone: count,
  /** Records in the table before and after; null where the vault does not say. */
  vault_count: z.strictObject({ before: count.nullable(), after: count.nullable() }),
});
export type UndoFindings = z.infer<typeof undoFindingsSchema>;

const rate = z.number().nonnegative();

const calibrationStepSchema = z.strictObject({
  batch_size: count,
  concurrency: count,
  requests_per_second: rate,
  records_per_second: rate,
  p50_ms: rate,
  throttled: count,
});
export type CalibrationStep = z.infer<typeof calibrationStepSchema>;

/** What a vault takes, as far as test records can tell. */
const calibrationSchema = z.strictObject({
  batch_size: count,
  concurrency: count,
  /** The rate above which the vault refuses; null: it refused nothing. */
  limit: z.strictObject({ of: z.enum(['requests', 'records']), per_second: rate }).nullable(),
  /** Why it went no further. */
  ended_by: z.enum(['refusals', 'knee', 'max_concurrency', 'max_records']),
});
export type Calibration = z.infer<typeof calibrationSchema>;

const calibrationFindingsSchema = z.strictObject({
  kind: z.literal('calibrate'),
  /** Null: it did not come so far. */
  calibration: calibrationSchema.nullable(),
  steps: z.array(calibrationStepSchema),
  /** `unaccounted`: their answers were lost, so that nobody knows their ids. */
  test_records: z.strictObject({ inserted: count, deleted: count, unaccounted: count }),
});
export type CalibrationFindings = z.infer<typeof calibrationFindingsSchema>;

const qualificationFactSchema = z.strictObject({
  question: z.string(),
  answer: z.string(),
  /** What follows from it for the configuration; null: nothing. */
  settings: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
});
export type QualificationFact = z.infer<typeof qualificationFactSchema>;

/** What a test vault was asked, and what it did. */
const qualificationFindingsSchema = z.strictObject({
  kind: z.literal('qualify'),
  facts: z.array(qualificationFactSchema),
  /** `unaccounted`: their answers were lost, and nobody knows their ids. */
  test_records: z.strictObject({ inserted: count, deleted: count, unaccounted: count }),
  /** Of one before that was killed. */
  left_behind: z.strictObject({ deleted: count, unaccounted: count }),
});
export type QualificationFindings = z.infer<typeof qualificationFindingsSchema>;

/** What a source is that is to be cut into shards; what was seen of its files stands beside the run. */
const planFindingsSchema = z.strictObject({
  kind: z.literal('plan'),
  rows: count,
  inputs: z.array(inputIdentitySchema),
  /** Null where files have the rows. */
  query: submittedQuerySchema.nullable(),
  /** Records in the table before the first request; null where the vault does not say. */
  table_count: count.nullable(),
});
export type PlanFindings = z.infer<typeof planFindingsSchema>;

/** What a task came to. */
export const findingsSchema = z.discriminatedUnion('kind', [
  verificationFindingsSchema,
  clearFindingsSchema,
  undoFindingsSchema,
  calibrationFindingsSchema,
  planFindingsSchema,
  qualificationFindingsSchema,
]);
export type Findings = z.infer<typeof findingsSchema>;
