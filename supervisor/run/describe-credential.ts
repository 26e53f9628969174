import type { Settings } from '../../src/config/configuration.js';
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
