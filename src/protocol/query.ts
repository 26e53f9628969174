import * as z from 'zod';

/** A query that was submitted for a vault's rows, as messages and the store hold it. */
export const submittedQuerySchema = z.strictObject({
  queryId: z.string(),
  /** ISO 8601. */
  submittedAt: z.string(),
  sql: z.string(),
  /** The transient table that it makes. */
  table: z.string().optional(),
});
