import * as z from 'zod';
import { renewableOfSources } from '../source/source-settings.js';
import { readPath } from './settings-tree.js';

/**
 * Secrets that a command may give anew while a run lasts, when they are refused. (The bearer token and the API key of
 * the vault are asked for as a person would be; keys of error logs are used once.)
 */
export const renewableSecretSchema = z.enum([
  'skyflow.credentials',
  'skyflow.lookup_bearer_token',
  ...renewableOfSources,
]);
export type RenewableSecret = z.infer<typeof renewableSecretSchema>;

/** The command that is configured for one of them, if there is one. */
export function renewalCommand(settings: object, key: RenewableSecret): string | undefined {
  const command = readPath(settings, `${key}_command`);
  return typeof command === 'string' ? command : undefined;
}
