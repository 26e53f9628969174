import type { VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { LoggedVault } from '../../../src/error-log/error-log-entry.js';
import { singleLine } from '../../../src/report/screen-text.js';

/**
 * The configured vault that records of a log belong to, by its name in any case. Throws `usage` when there is none, and
 * when it is another vault than the one that the records were sent to: what was sent where is never guessed.
 */
export function matchVault(
  logged: LoggedVault,
  file: string,
  configured: readonly VaultSettings[],
): VaultSettings {
  const vault = configured.find(({ name }) => name.toLowerCase() === logged.name.toLowerCase());
  const said = (text: string): string => JSON.stringify(singleLine(text, 64));
  if (vault === undefined) {
    throw new SuperviseError(
      'usage',
      `${file} holds records of the vault ${said(logged.name)}, which is not configured`,
      {
        hint: `Configured are ${configured.map(({ name }) => name).join(', ')}. --config names another file.`,
      },
    );
  }
  for (const key of ['id', 'table', 'column'] as const) {
    if (logged[key] === vault[key]) continue;
    throw new SuperviseError(
      'usage',
      `${file} holds records that were sent to vault ${vault.name} with the ${key} ${said(logged[key])}; ` +
        `the configured ${key} is ${said(vault[key])}`,
      {
        hint: 'Records go back only to where they were sent. Use the configuration that the run had.',
      },
    );
  }
  return vault;
}
