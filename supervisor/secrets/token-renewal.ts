import { findCredential } from '../../src/config/credential-setting.js';
import type { Settings } from '../../src/config/configuration.js';
import { runSecretCommand } from './run-secret-command.js';

/** Gives another token when the vault refuses the one before: that of its command, run again. Undefined: there is none. */
export function tokenRenewal(settings: Pick<Settings, 'skyflow'>): (() => Promise<string>) | undefined {
  const { bearer_token_command: bearer, api_key_command: apiKey } = settings.skyflow;
  const kind = findCredential(settings)?.kind;
  const run = (name: string, command: string | undefined) =>
    command === undefined ? undefined : () => runSecretCommand({ setting: `skyflow.${name}`, command });
  if (kind === 'bearer_token') return run('bearer_token_command', bearer);
  return kind === 'api_key' ? run('api_key_command', apiKey) : undefined;
}
