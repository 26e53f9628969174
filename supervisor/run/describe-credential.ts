import type { Settings } from '../../src/config/configuration.js';
import type { MovedPlace } from '../../src/config/merge-settings.js';
import { findCredential } from '../../src/config/credential.js';
import type { RunSession } from '../../src/run/run-record.js';
import { readServiceAccount, type ServiceAccountOrigin } from '../../src/vault/service-account.js';

/**
 * What a run is authorised with, as its record may say it: the kind, and of a service account the ids of client and
 * key. Throws a SuperviseError `config` for a service account that cannot be used.
 */
export async function describeCredential(
  settings: Pick<Settings, 'skyflow'>,
): Promise<RunSession['credential']> {
  const credential = findCredential(settings);
  switch (credential?.kind) {
    case undefined:
      return undefined;
    case 'bearer_token':
    case 'bearer_token_file':
    case 'api_key':
      return { kind: credential.kind };
    case 'credentials_file':
      return serviceAccount(credential.kind, { file: credential.file });
    case 'credentials':
      return serviceAccount(credential.kind, { json: credential.json });
    default:
      return credential satisfies never;
  }
}

async function serviceAccount(
  kind: 'credentials_file' | 'credentials',
  origin: ServiceAccountOrigin,
): Promise<RunSession['credential']> {
  const { clientId, keyId } = await readServiceAccount(origin);
  return { kind, client_id: clientId, key_id: keyId };
}

/**
 * Whether a run that is gone on with was authorised as somebody else, to be confirmed: another service account, or a token
 * where an account was. Tokens cannot be told apart, and a key may be replaced.
 */
export function otherCredential(
  recorded: RunSession['credential'],
  current: RunSession['credential'],
  origin: string,
): readonly MovedPlace[] {
  if (recorded === undefined || current === undefined) return [];
  const [before, now] = [holderOf(recorded), holderOf(current)];
  return before === now ? [] : [{ key: 'credential of the vault', recorded: before, current: now, origin }];
}

function holderOf({ kind, client_id: clientId }: NonNullable<RunSession['credential']>): string {
  switch (kind) {
    case 'bearer_token':
    case 'bearer_token_file':
      return 'a bearer token';
    case 'api_key':
      return 'an API key';
    case 'credentials':
    case 'credentials_file':
      return `the service account ${clientId ?? 'without an id'}`;
    default:
      return kind satisfies never;
  }
}
