import type { Configuration, Settings } from '../../../src/config/configuration.js';
import { kindOf } from '../../../src/source/source-kinds.js';

/**
 * A run's configuration with today's places for inputs that are not where the run read them any more: what they hold
 * is compared before a row of them is sent.
 */
export function withMovedInputs(
  configuration: Configuration,
  today: Settings,
): { readonly configuration: Configuration; readonly notices: readonly string[] } {
  const moved = configuration.skyflow.vaults.map((vault) => {
    const now = today.skyflow.vaults.find(({ name, id }) => name === vault.name && id === vault.id);
    return (now && kindOf(configuration).moved?.(vault, now)) ?? { vault, notices: [] };
  });
  const vaults = moved.map(({ vault }) => vault);
  const notices = moved.flatMap((one) => one.notices);
  return { configuration: { ...configuration, skyflow: { ...configuration.skyflow, vaults } }, notices };
}
