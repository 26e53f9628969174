import { existsSync } from 'node:fs';
import type { Configuration, Settings, VaultSettings } from '../../../src/config/configuration.js';

/**
 * A run's configuration with today's paths for input files that are not where the run read them any more: what they hold
 * is compared before a row of them is sent.
 */
export function withMovedFiles(
  configuration: Configuration,
  today: Settings,
): { readonly configuration: Configuration; readonly notices: readonly string[] } {
  const notices: string[] = [];
  const vaults = configuration.skyflow.vaults.map((vault): VaultSettings => {
    const now = today.skyflow.vaults.find(({ name, id }) => name === vault.name && id === vault.id)?.csv;
    const gone = (['data_file', 'token_file'] as const).filter((file) => !existsSync(vault.csv[file]));
    if (now === undefined || !gone.every((file) => existsSync(now[file]))) return vault;
    for (const file of gone)
      notices.push(`vault ${vault.name}: ${vault.csv[file]} is read from ${now[file]} now`);
    return { ...vault, csv: { ...vault.csv, ...Object.fromEntries(gone.map((file) => [file, now[file]])) } };
  });
  return { configuration: { ...configuration, skyflow: { ...configuration.skyflow, vaults } }, notices };
}
