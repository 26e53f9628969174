import * as z from 'zod';

const count = z.int().nonnegative();

/** As version 0.1 wrote it, where a fingerprint was the SHA-256 of the content and had its name. */
export function withFormerName(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || !('sha256' in raw)) return raw;
  const { sha256, ...rest } = raw;
  return { ...rest, fingerprint: sha256 };
}

/** What identifies one input, so that a resume can tell whether it is still the same. */
export const inputIdentitySchema = z.preprocess(
  withFormerName,
  z.strictObject({
    /** `data file`, `token file`, `query`. */
    role: z.string(),
    /** Which part of a sequence it is, from 1; absent where the input is this file alone. */
    part: z.int().positive().optional(),
    /** Absolute path, or the query id. */
    name: z.string(),
    sizeBytes: count.optional(),
    modifiedAt: z.string().optional(),
    /** Rows below the header. */
    rows: count.optional(),
    /** Of the whole content, as `Fingerprints` writes it; absent when the pass over the input was skipped. */
    fingerprint: z.string().optional(),
  }),
);
export type InputIdentity = Readonly<z.infer<typeof inputIdentitySchema>>;

/** A query that was submitted for a vault's rows, as messages and the store hold it. */
export const submittedQuerySchema = z.strictObject({
  queryId: z.string(),
  /** ISO 8601. */
  submittedAt: z.string(),
  sql: z.string(),
  /** The transient table that it makes. */
  table: z.string().optional(),
});
