import * as z from 'zod';
import { recordedSettingsSchema } from '../../../src/config/redact-configuration.js';
import { SuperviseError, systemCode } from '../../../src/errors/supervise-error.js';
import { checksumOf, sessionSchema } from '../../../src/run-record/run-record.js';
import { inputIdentitySchema } from '../../../src/source/input-identity.js';
import { readTrusted } from '../../../src/trust/open-trusted.js';

const count = z.int().nonnegative();
const session = sessionSchema.shape;

/** What a load is told to do, as far as it can be told from another one. */
const intentSchema = z.strictObject({
  program_version: z.string(),
  program_commit: session.program_commit,
  node_version: z.string(),
  /** What is asked by flags that are no settings. */
  asked: z.strictObject({
    precount: z.boolean(),
    check_conflicts: z.boolean(),
    new_run: z.boolean(),
    /** Vaults at the same time; null: all. */
    max_parallel_vaults: count.nullable(),
  }),
  credential: session.credential,
  lookup_credential: session.lookup_credential,
  vaults: z.array(
    z.strictObject({
      name: z.string(),
      id: z.string(),
      table: z.string(),
      column: z.string(),
      /** The query, where the source is Snowflake. */
      sql: z.string().optional(),
      /** Null: they could not be looked at, or the source has no files. */
      inputs: z.array(inputIdentitySchema).nullable(),
    }),
  ),
  /** Of every key, with its origin; secrets by their length. */
  settings: recordedSettingsSchema,
});
export type LoadIntention = z.infer<typeof intentSchema>;

const effortSchema = z.strictObject({
  records: count,
  requests: count,
  /** At least, at the configured pace; at a usual one where `paced_by` is null. */
  hours: z.number().nonnegative(),
  paced_by: z.string().nullable(),
  disk: z.strictObject({ expected_bytes: count, worst_bytes: count }),
});

const lookUpsSchema = z.strictObject({
  /** Records that are looked up before the first is sent, at most. */
  sample_records: count,
  /** Requests of `skip_existing`, one for each batch; null while nobody knows the records. */
  requests: count.nullable(),
});

/** A plan: what a load would do, what it would take, and what is refused or risky about it. */
export const planSchema = z.strictObject({
  format_version: z.literal(1),
  made_at: z.iso.datetime(),
  user: z.string(),
  host: z.string(),
  working_directory: z.string(),
  config_file: z.string(),
  source: z.string(),
  status: z.enum(['ready', 'not_ready']),
  exit_code: z.union([z.literal(0), z.literal(2)]),
  load: intentSchema,
  /** By vault, in their order; null while nobody knows the records. */
  effort: z.array(
    z.strictObject({ vault: z.string(), effort: effortSchema.nullable(), look_ups: lookUpsSchema }),
  ),
  /** Of all vaults together; null while one of them is not known. */
  total: effortSchema.nullable(),
  /** All that was looked at; `bad` is refused, `warn` is risky, `not_checked` is unknown. */
  checks: z.array(
    z.strictObject({
      group: z.string(),
      status: z.enum(['good', 'warn', 'bad', 'not_checked']),
      subject: z.string().optional(),
      message: z.string(),
      hint: z.string().optional(),
    }),
  ),
  /** Of everything else in the file. */
  checksum: z.string(),
});
export type LoadPlan = z.infer<typeof planSchema>;
export type Effort = z.infer<typeof effortSchema>;

const maxBytes = 1 << 26;

/** A plan that somebody named. Throws `usage` for a file that is none, or was changed after it was made. */
export async function readPlan(file: string): Promise<LoadPlan> {
  const refuse = (problem: string, hint: string): SuperviseError =>
    new SuperviseError('usage', `${file} ${problem}`, { hint });
  const again = 'Make one with: skyflow-supervise plan --out FILE';
  let text: Buffer;
  try {
    text = await readTrusted(file, maxBytes);
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
    throw refuse(`cannot be read (${systemCode(error) ?? 'unknown error'})`, again);
  }
  let plan: LoadPlan;
  let isAsWritten: boolean;
  try {
    const found: unknown = JSON.parse(text.toString());
    plan = planSchema.parse(found);
    isAsWritten = checksumOf(z.record(z.string(), z.unknown()).parse(found)) === plan.checksum;
  } catch {
    throw refuse('is not a plan that this version of the program understands', again);
  }
  if (isAsWritten) return plan;
  throw refuse(
    'was changed after it was made (its checksum differs)',
    `What was approved is unknown. ${again}`,
  );
}
