import type { FlowSettings } from './flow/flow-settings.js';
import { wireNames, wires, type WireName } from './wires.js';

/** The wire that `skyflow.wire` means for a vault URL: `auto` is the one of its host, else bulk. */
export function chooseWire(setting: 'auto' | WireName, vaultUrl: string | undefined): WireName {
  if (setting !== 'auto') return setting;
  const host = vaultUrl !== undefined && URL.canParse(vaultUrl) ? new URL(vaultUrl).hostname : '';
  return wireNames.find((name) => wires[name].hosts?.test(host)) ?? 'bulk';
}

/** What the settings say of the wire: for jobs, checks and counts alike. */
export function wireSettings(skyflow: {
  readonly wire: 'auto' | WireName;
  readonly vault_url?: string | undefined;
  readonly token_form: FlowSettings['tokenForm'];
  readonly token_group?: string | undefined;
  readonly flow_byot: NonNullable<FlowSettings['byot']>;
  readonly flow_update_type: NonNullable<FlowSettings['updateType']>;
}): { readonly wire: WireName; readonly flow: FlowSettings } {
  const wire = chooseWire(skyflow.wire, skyflow.vault_url);
  const { token_form: tokenForm, token_group: tokenGroup, flow_byot: byot } = skyflow;
  const { flow_update_type: updateType } = skyflow;
  return { wire, flow: { tokenForm, byot, updateType, ...(tokenGroup === undefined ? {} : { tokenGroup }) } };
}
