import type { Settings } from '../config/configuration.js';
import type { WireSettings } from './vault-routes.js';
import { wireNames, wires, type WireName } from './wires.js';

/** The wire that `skyflow.wire` means for a vault URL: `auto` is the one of its host, else bulk. */
export function chooseWire(setting: 'auto' | WireName, vaultUrl: string | undefined): WireName {
  if (setting !== 'auto') return setting;
  const host = vaultUrl !== undefined && URL.canParse(vaultUrl) ? new URL(vaultUrl).hostname : '';
  return wireNames.find((name) => wires[name].hosts?.pattern.test(host)) ?? 'bulk';
}

/** What the settings say of the wire: for jobs, checks and counts alike. */
export function wireSettings(skyflow: Settings['skyflow']): {
  readonly wire: WireName;
  readonly wireSettings?: WireSettings;
} {
  const wire = chooseWire(skyflow.wire, skyflow.vault_url);
  const { keys } = wires[wire];
  if (keys === undefined) return { wire };
  return { wire, wireSettings: Object.fromEntries(Object.entries(skyflow).filter(([key]) => key in keys)) };
}
