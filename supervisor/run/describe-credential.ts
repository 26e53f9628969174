import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Origins, Settings } from '../../src/config/configuration.js';
import type { MovedPlace } from '../../src/config/merge-settings.js';
import {
  findCredential,
  findLookupCredential,
  type CredentialSetting,
} from '../../src/config/credential-setting.js';
import type { DescribedCredential, RunAuthority } from '../../src/run-record/run-record.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import { readTrusted } from '../../src/trust/open-trusted.js';
import { readServiceAccount, type ServiceAccountOrigin } from '../../src/vault/credential/service-account.js';
import { readTokenClaims } from '../../src/vault/credential/token-claims.js';

/**
 * What a run is authorised with, and its looking up where that has a credential of its own, as a record may say it: the
 * kind; of a service account the ids of client and key and a thumbprint of the public key; of a token the ids that it names
 * itself; of an API key a fingerprint under the run's key (in hex), if it has one. Throws a SuperviseError `config` for a
 * service account that cannot be used.
 */
export async function describeAuthority(
  settings: Pick<Settings, 'skyflow'>,
  fingerprintKey: string | undefined,
): Promise<RunAuthority> {
  const describe = async (credential: CredentialSetting | undefined) =>
    credential === undefined ? undefined : describeCredential(credential, fingerprintKey);
  return {
    credential: await describe(findCredential(settings)),
    lookup_credential: await describe(findLookupCredential(settings)),
  };
}

/** Which credential, without it. As `describeAuthority`. */
export async function describeCredential(
  credential: CredentialSetting,
  fingerprintKey?: string,
): Promise<DescribedCredential> {
  switch (credential.kind) {
    case 'bearer_token':
      return holderOf(credential.kind, credential.token);
    case 'bearer_token_file':
      // Whether it can be read is for the child to say, which can also wait for it.
      return holderOf(credential.kind, String(await readTrusted(credential.file).catch(() => '')).trim());
    case 'api_key': {
      const { kind, key } = credential;
      if (fingerprintKey === undefined) return { kind };
      const digest = createHash('sha256').update(`API key ${key}`).digest('hex');
      return { kind, key_thumbprint: Fingerprints.of(fingerprintKey).ofWhole(digest) };
    }
    case 'credentials_file':
      return serviceAccount(credential.kind, { file: credential.file });
    case 'credentials':
      return serviceAccount(credential.kind, { json: credential.json });
    default:
      return credential satisfies never;
  }
}

function holderOf(kind: 'bearer_token' | 'bearer_token_file', token: string): DescribedCredential {
  const { clientId, keyId } = readTokenClaims(token);
  return {
    kind,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(keyId === undefined ? {} : { key_id: keyId }),
  };
}

async function serviceAccount(
  kind: 'credentials_file' | 'credentials',
  origin: ServiceAccountOrigin,
): Promise<DescribedCredential> {
  const { clientId, keyId, privateKey } = await readServiceAccount(origin);
  return { kind, client_id: clientId, key_id: keyId, key_thumbprint: thumbprintOf(privateKey) };
}

/** As OpenSSH and Snowflake write it, of the public key in DER. */
function thumbprintOf(privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Whether a run that is gone on with was authorised by something else, to be confirmed: by another account, another key of
 * it, another API key, or another kind of credential; for loading or for looking up. Tokens that name nobody cannot be told
 * apart.
 */
export function otherAuthority(
  recorded: RunAuthority,
  current: RunAuthority,
  origins: Origins,
): readonly MovedPlace[] {
  const other = (
    key: string,
    before: DescribedCredential | undefined,
    now: DescribedCredential | undefined,
    setting: string,
  ): readonly MovedPlace[] => {
    if (before === undefined || now === undefined || isSame(before, now)) return [];
    const origin = origins[`${setting}${now.kind}`] ?? 'default';
    return [{ key, recorded: inWords(before), current: inWords(now), origin }];
  };
  return [
    ...other('credential of the vault', recorded.credential, current.credential, 'skyflow.'),
    ...other(
      'credential for looking up',
      recorded.lookup_credential,
      current.lookup_credential,
      'skyflow.lookup_',
    ),
  ];
}

/** What only one of them says, as records of earlier versions say less, is no difference. */
function isSame(one: DescribedCredential, other: DescribedCredential): boolean {
  const parts = ['client_id', 'key_id', 'key_thumbprint'] as const;
  const differs = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && a !== b;
  return nameOf(one) === nameOf(other) && !parts.some((part) => differs(one[part], other[part]));
}

function inWords(credential: DescribedCredential): string {
  const { client_id: clientId, key_id: keyId, key_thumbprint: thumbprint } = credential;
  const isAccount = nameOf(credential) === 'the service account';
  const account = isAccount
    ? (clientId ?? 'without an id')
    : clientId && `of the service account ${clientId}`;
  const key = keyId === undefined ? undefined : `with the key ${keyId}`;
  const print = thumbprint === undefined ? undefined : `(${thumbprint})`;
  return [nameOf(credential), account, key, print].filter((part) => part !== undefined).join(' ');
}

function nameOf({ kind }: DescribedCredential): string {
  switch (kind) {
    case 'bearer_token':
    case 'bearer_token_file':
      return 'a bearer token';
    case 'api_key':
      return 'an API key';
    case 'credentials':
    case 'credentials_file':
      return 'the service account';
    default:
      return kind satisfies never;
  }
}
