import * as z from 'zod';

/** What has to be known of a Flow vault besides its address. */
export const flowSettingsSchema = z.strictObject({
  /** The form of `tokens` in an insert: `{"column":"token"}`, or the list of objects that answers have. */
  tokenForm: z.enum(['value', 'list']),
  /** How tokens are brought along: with an insert (when absent), or each with its value by `/v2/tokens/tokenize`. */
  byot: z.enum(['insert', 'tokenize']).optional(),
  /** What an upsert makes of the other columns of a record that is there: kept (when absent), or cleared. */
  updateType: z.enum(['UPDATE', 'REPLACE']).optional(),
  /** The token group that the tokens are for; absent: there is one. */
  tokenGroup: z.string().min(1).optional(),
});
export type FlowSettings = Readonly<z.infer<typeof flowSettingsSchema>>;

/** With nothing said. */
export const USUAL_FLOW: FlowSettings = { tokenForm: 'value' };
