import * as z from 'zod';

const count = z.int().nonnegative();

/** What identifies one input, so that a resume can tell whether it is still the same. */
export const inputIdentitySchema = z.strictObject({
  /** `data file`, `token file`, `query`. */
  role: z.string(),
  /** Absolute path, or the query id. */
  name: z.string(),
  sizeBytes: count.optional(),
  modifiedAt: z.string().optional(),
  /** Rows below the header. */
  rows: count.optional(),
  /** Of the whole content; absent when the pass over the input was skipped. */
  sha256: z.string().optional(),
});
export type InputIdentity = Readonly<z.infer<typeof inputIdentitySchema>>;
