import type { VaultSettings } from './configuration.js';
import type { ConfigurationProblem } from './configuration-error.js';
import { nearestWord } from './nearest-word.js';

export interface VaultSelection {
  /** In the order of the configuration, each once. */
  readonly selected: readonly VaultSettings[];
  readonly problems: readonly ConfigurationProblem[];
}

/** The vaults of these names, any case; without names all of them. */
export function selectVaults(
  vaults: readonly VaultSettings[],
  names: readonly string[] | undefined,
): VaultSelection {
  if (names === undefined) return { selected: vaults, problems: [] };
  return {
    selected: vaults.filter((vault) => names.some((name) => name.toLowerCase() === vault.name.toLowerCase())),
    problems: unknownVaults(
      vaults.map(({ name }) => name),
      names,
    ),
  };
}

/** The names that no configured vault has. */
export function unknownVaults(
  configured: readonly string[],
  names: readonly string[],
): ConfigurationProblem[] {
  const known = new Set(configured.map((name) => name.toLowerCase()));
  return names
    .filter((name) => !known.has(name.toLowerCase()))
    .map((name) => {
      const near = nearestWord(name, configured);
      return {
        key: '--vault',
        found: `no vault named ${name.length > 40 ? `with ${name.length} characters` : JSON.stringify(name)}`,
        allowed: configured.length === 0 ? 'configured vaults' : `one of ${configured.join(', ')}`,
        suggestion: near === undefined ? undefined : `did you mean ${near}?`,
      };
    });
}
