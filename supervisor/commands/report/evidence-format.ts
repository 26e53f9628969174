import * as z from 'zod';
import { recordedSettingsSchema } from '../../../src/config/redact-configuration.js';
import { sessionSchema } from '../../../src/run-record/run-record.js';
import { verificationSchema } from '../../../src/verification/verification-format.js';
import { vaultStatusSchema } from '../../../src/protocol/messages.js';
import { inputIdentitySchema } from '../../../src/source/input-identity.js';

const count = z.int().nonnegative();

/** `read = uploaded + failed + skipped`. */
const figuresSchema = z.strictObject({
  read: count,
  uploaded: count,
  /** Of `uploaded`: were in doubt and found in the vault by looking. */
  confirmed: count,
  failed: count,
  skipped: count,
  unsettled: count,
});

const vaultEvidenceSchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  table: z.string(),
  column: z.string(),
  inputs: z.array(inputIdentitySchema),
  /** Rows that the run is to settle; null while that is unknown. */
  rows_total: count.nullable(),
  /** What the journal says; null when the vault was never begun, or its journal cannot be read. */
  journal: figuresSchema
    .extend({ skipped_by_reason: z.record(z.string(), count), in_doubt: count, processes: count })
    .nullable(),
  /** What the error log holds, as far as the journal has settled it. */
  error_log: z.strictObject({ file: z.string(), records: count }).nullable(),
  /** What `summary.json` says of the vault. */
  summary: figuresSchema.omit({ confirmed: true }).extend({ status: vaultStatusSchema }).nullable(),
  /** Whatever does not agree with the journal, in words; empty: all of it agrees. */
  disagreements: z.array(z.string()),
});

const sessionEvidenceSchema = z.strictObject({
  command: z.string(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  exit_code: count.nullable(),
  pid: count,
  user: z.string(),
  host: z.string(),
  program_version: z.string(),
  node_version: z.string(),
  program_commit: sessionSchema.shape.program_commit,
  credential: sessionSchema.shape.credential,
  lookup_credential: sessionSchema.shape.lookup_credential,
  settings: recordedSettingsSchema,
});

const retryEvidenceSchema = z.strictObject({
  run_id: z.string(),
  /** The run whose error logs it took: the one reported, or an earlier retry of it. */
  of_run: z.string(),
  started_at: z.string(),
  exit_code: count.nullable(),
  records_taken: count,
  /** From its journals. */
  uploaded: count,
  failed: count,
  unsettled: count,
  /** It took logs of other runs too: its figures are not of this run alone. */
  shared: z.boolean(),
});

/** The evidence of a run, for programs: `report RUN --json`. */
export const evidenceSchema = z.strictObject({
  format_version: z.literal(1),
  program_version: z.string(),
  generated_at: z.iso.datetime(),
  run_id: z.string(),
  /** Where it was read. */
  run_directory: z.string(),
  state: z.enum(['running', 'unfinished', 'finished']),
  exit_code: count.nullable(),
  started_at: z.iso.datetime(),
  working_directory: z.string(),
  config_file: z.string().nullable(),
  /** The approved plan that the run kept to. */
  plan: z.strictObject({ file: z.string(), checksum: z.string() }).nullable(),
  suffix_appended: z.boolean(),
  inputs_checked_first: z.boolean(),
  /** In a retry: the logs whose records were sent again. */
  error_logs: z.array(
    z.strictObject({ file: z.string(), fingerprint: z.string(), run: z.string().nullable(), records: count }),
  ),
  sessions: z.array(sessionEvidenceSchema),
  vaults: z.array(vaultEvidenceSchema),
  /** Of the journals. */
  totals: figuresSchema,
  retries: z.array(retryEvidenceSchema),
  /** The run and its retries together; `remaining`: failed and not yet sent again with success. */
  totals_with_retries: z.strictObject({ uploaded: count, remaining: count, exact: z.boolean() }),
  /** Every `verify` of the run, oldest first, without the positions; null when verification.json cannot be read. */
  verifications: z
    .array(
      verificationSchema.pick({
        mode: true,
        started_at: true,
        exit_code: true,
        complete: true,
        totals: true,
      }),
    )
    .nullable(),
  /** Whether journals, error logs and summary say the same. */
  agrees: z.boolean(),
  manifest: z.strictObject({
    /** By name. */
    files: z.array(z.strictObject({ file: z.string(), size_bytes: count, sha256: z.string() })),
    /** Of the manifest as `sha256sum` writes it. */
    sha256: z.string(),
  }),
});

export type Evidence = z.infer<typeof evidenceSchema>;
export type VaultEvidence = z.infer<typeof vaultEvidenceSchema>;
export type RetryEvidence = z.infer<typeof retryEvidenceSchema>;
export type VerificationEvidence = NonNullable<Evidence['verifications']>[number];
export type Figures = z.infer<typeof figuresSchema>;
