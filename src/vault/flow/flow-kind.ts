import type { SettingsView } from '../../config/settings-view.js';
import type { WireSettings } from '../vault-routes.js';
import type { TokenForm, WireKind } from '../wire.js';
import { flowRoutes } from './flow-routes.js';
import { flowKeys, readFlowSettings } from './flow-settings.js';
import { createFlowWire } from './flow-wire.js';

/** Flow vaults. */
export const flowKind: WireKind = {
  create: createFlowWire,
  routes: flowRoutes,
  title: '/v2 wire of Flow vaults',
  form: 'that of Flow vaults',
  hosts: {
    pattern: /\.skyvault\.skyflowapis(?:-[a-z]+)?\.[a-z]+$/i,
    example: 'abc.skyvault.skyflowapis.com',
  },
  beginsWithOne: true,
  asksByValue: true,
  keys: flowKeys,
  checkSettings,
  uncertainty: (settings) => {
    const { flow_byot, token_form, token_group } = readFlowSettings(settings);
    const group = token_group === undefined ? 'no token group named' : `token group ${token_group}`;
    if (flow_byot === 'tokenize') {
      return {
        message: `tokens are brought along by /v2/tokens/tokenize (${group}): the vault holds values and tokens, and no records of the table`,
        hint: 'That the route takes a token is documented, and was never tried: try --max-records 1 on a test vault.',
      };
    }
    return {
      message: `how a Flow vault takes tokens that are brought along is not documented; they are sent as skyflow.token_form "${token_form}" (${group})`,
      hint: 'The first request of a load holds one record, and the load ends if its token does not come back: try --max-records 1 on a test vault, with both forms.',
    };
  },
  tokenForms,
};

function checkSettings(view: SettingsView): void {
  if (view.text('skyflow.flow_update_type') === 'REPLACE' && view.boolean('skyflow.upsert') !== true) {
    view.report('skyflow.flow_update_type', 'REPLACE without skyflow.upsert, which it is for', 'UPDATE');
  }
  if (view.text('skyflow.flow_byot') !== 'tokenize') return;
  if (!view.has('skyflow.token_group')) {
    view.report('skyflow.token_group', 'nothing', 'the token group that skyflow.flow_byot tokenize is for');
  }
  for (const key of ['skyflow.upsert', 'skyflow.record_ids']) {
    if (view.boolean(key) !== true) continue;
    view.report(key, 'true together with skyflow.flow_byot tokenize, which makes no records', 'false');
  }
  if (view.text('skyflow.lookup') === 'unique_value') {
    view.report('skyflow.lookup', '"unique_value" with skyflow.flow_byot tokenize', 'value or existence');
  }
}

function tokenForms(settings: WireSettings | undefined): readonly TokenForm[] {
  const { token_group } = readFlowSettings(settings);
  const insert = (['value', 'list'] as const).map((token_form) => ({
    name: `token_form ${token_form}`,
    wireSettings: { token_form, token_group },
    setting: { 'skyflow.token_form': token_form },
  }));
  if (token_group === undefined) return insert;
  const flow_byot = 'tokenize' as const;
  return [
    ...insert,
    {
      name: 'flow_byot tokenize',
      wireSettings: { token_group, flow_byot },
      setting: { 'skyflow.flow_byot': flow_byot },
    },
  ];
}
