import * as z from 'zod';
import type { WireSettings } from '../vault-routes.js';

/** What has to be known of a Flow vault besides its address, as keys of the section `skyflow`. */
export const flowKeys = {
  flow_byot: z.enum(['insert', 'tokenize']).default('insert').meta({
    description:
      'Of Flow vaults: tokens are brought along with an insert (not documented), or each with its value by the route that tokenizes (documented; makes no records, needs `token_group`). Never chosen by itself.',
  }),
  flow_update_type: z.enum(['UPDATE', 'REPLACE']).default('UPDATE').meta({
    description:
      'Of Flow vaults, with `upsert`: a record that is there keeps its other columns, or (`REPLACE`) loses them. Vaults that are columns of one table need `UPDATE`.',
  }),
  token_form: z.enum(['value', 'list']).default('value').meta({
    description:
      'Of Flow vaults, whose form for tokens that are brought along is not documented: {"column":"token"}, or a list of {"token","tokenGroupName"} as in their answers.',
  }),
  token_group: z.string().min(1).max(256).optional().meta({
    description: 'Of Flow vaults: the token group that the tokens are for, where a column has several.',
    allowed: 'the name of a token group',
  }),
};

const flowSettingsSchema = z.strictObject(flowKeys);

/** As a job or a caller tells them; what they do not say is as usual. */
export function readFlowSettings(told: WireSettings = {}): z.output<typeof flowSettingsSchema> {
  return flowSettingsSchema.parse(told);
}
