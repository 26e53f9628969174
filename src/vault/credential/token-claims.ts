import { asObject, parseJson } from '../json.js';

/** What a bearer token says of itself, unchecked: that is the vault's part. */
export interface TokenClaims {
  /** Milliseconds since 1970. */
  readonly expiresMs?: number;
  /** The service account that it was granted to. */
  readonly clientId?: string;
  /** The id of the key that it was granted for. */
  readonly keyId?: string;
}

/** Of a JWT, as the vault's are; of any other text nothing. Ids only where they look like ids, so that they can be shown. */
export function readTokenClaims(token: string): TokenClaims {
  const [, payload = '', ...rest] = token.split('.');
  const claims =
    rest.length === 1 ? asObject(parseJson(Buffer.from(payload, 'base64url').toString())) : undefined;
  if (claims === undefined) return {};
  const { exp, sub, key } = claims;
  return {
    ...(typeof exp === 'number' ? { expiresMs: exp * 1000 } : {}),
    ...(isId(sub) ? { clientId: sub } : {}),
    ...(isId(key) ? { keyId: key } : {}),
  };
}

function isId(claim: unknown): claim is string {
  return typeof claim === 'string' && /^[\w.:@-]{1,128}$/.test(claim);
}
