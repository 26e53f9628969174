import * as z from 'zod';
import type { Settings } from './configuration.js';

/**
 * Secrets that a command may give anew while a run lasts, when they are refused. (The bearer token and the API key of
 * the vault are asked for as a person would be; keys of error logs are used once.)
 */
export const renewableSecretSchema = z.enum([
  'skyflow.credentials',
  'skyflow.lookup_bearer_token',
  'snowflake.password',
  'snowflake.oauth_token',
  'snowflake.private_key',
  'snowflake.private_key_passphrase',
]);
export type RenewableSecret = z.infer<typeof renewableSecretSchema>;

/** The command that is configured for each of them, if there is one. */
export function renewalCommands({
  skyflow,
  snowflake,
}: Pick<Settings, 'skyflow' | 'snowflake'>): Readonly<Record<RenewableSecret, string | undefined>> {
  return {
    'skyflow.credentials': skyflow.credentials_command,
    'skyflow.lookup_bearer_token': skyflow.lookup_bearer_token_command,
    'snowflake.password': snowflake.password_command,
    'snowflake.oauth_token': snowflake.oauth_token_command,
    'snowflake.private_key': snowflake.private_key_command,
    'snowflake.private_key_passphrase': snowflake.private_key_passphrase_command,
  };
}
