import { existsSync } from 'node:fs';
import type { VaultSettings } from '../../config/configuration.js';

/** A vault with today's paths for files that are not where they were; a notice for each. */
export function withMovedFiles(
  vault: VaultSettings,
  { csv: now }: VaultSettings,
): { readonly vault: VaultSettings; readonly notices: readonly string[] } {
  const gone = (['data_file', 'token_file'] as const).filter((file) => !existsSync(vault.csv[file]));
  if (!gone.every((file) => existsSync(now[file]))) return { vault, notices: [] };
  const files = Object.fromEntries(gone.map((file) => [file, now[file]]));
  return {
    vault: { ...vault, csv: { ...vault.csv, ...files } },
    notices: gone.map((file) => `vault ${vault.name}: ${vault.csv[file]} is read from ${now[file]} now`),
  };
}
