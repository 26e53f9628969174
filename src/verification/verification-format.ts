import * as z from 'zod';
import { vaultStatusSchema } from '../protocol/messages.js';
import { verificationFindingsSchema } from '../protocol/task.js';
import { ERROR_CODES } from '../errors/supervise-error.js';

const vaultSchema = z.strictObject({
  name: z.string(),
  id: z.string(),
  table: z.string(),
  column: z.string(),
  status: vaultStatusSchema,
  /** Null: nothing could be compared. */
  findings: verificationFindingsSchema.nullable(),
  /** The largest share of the expected records that may be wrong, with 95 % confidence; null without findings. */
  wrong_at_most: z.number().min(0).max(1).nullable(),
  /** Records of the table beyond those before the run and those loaded; null where that cannot be decided. */
  surplus: z.int().nonnegative().nullable().optional(),
  /** What the vault's own counts say, in words. */
  remarks: z.array(z.string()),
  error: z
    .strictObject({ code: z.enum(ERROR_CODES), message: z.string(), hint: z.string().optional() })
    .optional(),
});

const count = z.int().nonnegative();

/** One `verify` of a run. */
export const verificationSchema = z.strictObject({
  program_version: z.string(),
  run_id: z.string(),
  run_directory: z.string(),
  mode: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all') }),
    z.strictObject({ kind: z.literal('sample'), size: count, seed: count }),
  ]),
  /** Another source than the run's that its vault was compared with: the file, or `query`. */
  against: z.string().optional(),
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime(),
  exit_code: count,
  /** True only when every record of every vault of the run was compared and matches. */
  complete: z.boolean(),
  confidence: z.number(),
  totals: z.strictObject({
    expected: count,
    checked: count,
    matching: count,
    missing: count,
    different: count,
  }),
  vaults: z.array(vaultSchema),
});
export type Verification = z.infer<typeof verificationSchema>;
export type VaultVerification = Verification['vaults'][number];

/** `verification.json`: every verification of a run, the newest last; none is ever replaced by another. */
export const verificationFileSchema = z.strictObject({
  format_version: z.literal(1),
  run_id: z.string(),
  verifications: z.array(verificationSchema),
});
