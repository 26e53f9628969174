import type { VaultSettings } from '../../config/configuration.js';
import { isAnyThere } from '../files/name-files.js';

/** A vault with today's paths for files that are not where they were; a notice for each. */
export function withMovedFiles(
  vault: VaultSettings,
  { csv: now }: VaultSettings,
): { readonly vault: VaultSettings; readonly notices: readonly string[] } {
  const gone = (['data_file', 'token_file'] as const).filter((file) => !isAnyThere(vault.csv[file]));
  if (!gone.every((file) => isAnyThere(now[file]))) return { vault, notices: [] };
  const files = Object.fromEntries(gone.map((file) => [file, now[file]]));
  return {
    vault: { ...vault, csv: { ...vault.csv, ...files } },
    notices: gone.map(
      (file) => `vault ${vault.name}: ${shown(vault.csv[file])} is read from ${shown(now[file])} now`,
    ),
  };
}

function shown(named: string | readonly string[]): string {
  return [named].flat().join(', ');
}
