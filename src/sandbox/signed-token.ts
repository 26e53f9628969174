import { verify } from 'node:crypto';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import { VaultRefusal } from './vault-reply.js';

const PREFIX = 'signed_token_';

/**
 * The token in a signed data token (`signed_token_` and a JWT of a known service account with the token as `tok`); any
 * other token as it is. A refusal 400 for one that is not soundly signed, or has expired.
 */
export function openSignedToken(token: string, { serviceAccounts }: LiveOptions): string {
  if (!token.startsWith(PREFIX)) return token;
  const jwt = readJwt(token.slice(PREFIX.length));
  const claims: Readonly<Record<string, unknown>> = jwt?.claims ?? {};
  const account = serviceAccounts.find(
    ({ clientId, keyId }) => clientId === claims['sub'] && keyId === claims['key'],
  );
  const isSigned = account !== undefined && jwt?.isSignedBy(account) === true;
  const { tok, exp } = claims;
  const isOver = typeof exp === 'number' && exp < Date.now() / 1000;
  if (!isSigned || isOver || typeof tok !== 'string') {
    throw new VaultRefusal(400, 'Detokenize failed. A signed data token is not valid, or has expired.');
  }
  return tok;
}

/** A JWT of a service account; undefined for what is none. */
export function readJwt(text: string) {
  const [head = '', body = '', signature = '', ...rest] = text.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (header === undefined || claims === undefined || rest.length > 0) return undefined;
  const isSignedBy = ({ publicKeyPem }: LiveOptions['serviceAccounts'][number]): boolean =>
    header['alg'] === 'RS256' &&
    verify('RSA-SHA256', Buffer.from(`${head}.${body}`), publicKeyPem, Buffer.from(signature, 'base64url'));
  return { claims, isSignedBy };
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
