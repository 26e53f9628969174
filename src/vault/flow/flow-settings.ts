import * as z from 'zod';
import type { WireSettings } from '../vault-routes.js';

/** What has to be known of a Flow vault besides its address. */
const flowSettingsSchema = z.strictObject({
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
const USUAL_FLOW: FlowSettings = { tokenForm: 'value' };

/** As the section says them. */
export function flowSettingsOf(skyflow: Readonly<Record<string, unknown>>): FlowSettings {
  return flowSettingsSchema.parse({
    tokenForm: skyflow['token_form'],
    byot: skyflow['flow_byot'],
    updateType: skyflow['flow_update_type'],
    tokenGroup: skyflow['token_group'],
  });
}

/** As a job or a caller tells them. */
export function readFlowSettings(told: WireSettings | undefined): FlowSettings {
  return told === undefined ? USUAL_FLOW : flowSettingsSchema.parse(told);
}
