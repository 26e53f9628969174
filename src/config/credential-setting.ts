import type { Settings } from './configuration.js';

/** What the vault is asked with. */
export type CredentialSetting =
  | { readonly kind: 'bearer_token'; readonly token: string }
  | { readonly kind: 'bearer_token_file'; readonly file: string }
  | { readonly kind: 'api_key'; readonly key: string }
  | { readonly kind: 'credentials_file'; readonly file: string }
  | { readonly kind: 'credentials'; readonly json: string };

/** The keys of which one is enough. */
export const credentialKeys: readonly string[] = [
  'skyflow.bearer_token',
  'skyflow.bearer_token_file',
  'skyflow.api_key',
  'skyflow.credentials_file',
  'skyflow.credentials',
];

/** The credential that is configured, if there is one. */
export function findCredential({ skyflow }: Pick<Settings, 'skyflow'>): CredentialSetting | undefined {
  if (skyflow.bearer_token !== undefined) return { kind: 'bearer_token', token: skyflow.bearer_token };
  if (skyflow.bearer_token_file !== undefined) {
    return { kind: 'bearer_token_file', file: skyflow.bearer_token_file };
  }
  if (skyflow.api_key !== undefined) return { kind: 'api_key', key: skyflow.api_key };
  if (skyflow.credentials_file !== undefined) {
    return { kind: 'credentials_file', file: skyflow.credentials_file };
  }
  if (skyflow.credentials !== undefined) return { kind: 'credentials', json: skyflow.credentials };
  return undefined;
}

/** The credential for looking up, where that is not the same. */
export function findLookupCredential({ skyflow }: Pick<Settings, 'skyflow'>): CredentialSetting | undefined {
  if (skyflow.lookup_bearer_token !== undefined) {
    return { kind: 'bearer_token', token: skyflow.lookup_bearer_token };
  }
  if (skyflow.lookup_credentials_file !== undefined) {
    return { kind: 'credentials_file', file: skyflow.lookup_credentials_file };
  }
  return undefined;
}

const strengths = ['flag', 'prompt', 'environment'];

/** Of the layer that a setting comes from: higher ones go over lower ones. */
export function strengthOf(origin: string): number {
  const index = strengths.findIndex((layer) => origin === layer || origin.startsWith(`${layer} `));
  return index === -1 ? 0 : strengths.length - index;
}

/**
 * Of several credentials, those that give way because another one comes from a stronger layer: a token given as
 * a flag beats a credentials file in the configuration. What stays and is more than one is ambiguous.
 */
export function weighCredentials(origins: Readonly<Record<string, string>>): {
  readonly overridden: readonly string[];
  readonly kept: readonly string[];
} {
  const given = credentialKeys.filter((key) => origins[key] !== undefined);
  const strongest = Math.max(...given.map((key) => strengthOf(origins[key] ?? '')));
  const kept = given.filter((key) => strengthOf(origins[key] ?? '') === strongest);
  return { kept, overridden: given.filter((key) => !kept.includes(key)) };
}
