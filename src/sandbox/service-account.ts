import { generateKeyPair, randomUUID, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isJsonObject } from './merge-options.js';
import type { LiveOptions } from './options.js';
import { VaultRefusal } from './vault-reply.js';

export const TOKEN_PATH = '/v1/auth/sa/oauth/token';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const MAX_ASSERTION_SECONDS = 3600;
const CLOCK_SKEW_SECONDS = 60;

type ServiceAccount = LiveOptions['serviceAccounts'][number];

/** Whose token is asked for, and what is to be in it. */
export interface TokenRequest {
  readonly account: ServiceAccount;
  /** Roles, as `role:<id> role:<id>`. */
  readonly scope: string | undefined;
  /** Of a context-aware account: a text, or an object. */
  readonly ctx: unknown;
}

/** The account whose signed assertion a token request carries; a refusal 400 or 401 when it is not sound. */
export function verifyAssertion(request: unknown, accounts: readonly ServiceAccount[]): TokenRequest {
  if (!isJsonObject(request) || request['grant_type'] !== GRANT_TYPE) {
    throw new VaultRefusal(400, `Invalid request. grant_type must be ${GRANT_TYPE}`);
  }
  const assertion = request['assertion'];
  const jwt = typeof assertion === 'string' ? readJwt(assertion) : undefined;
  if (jwt === undefined) throw new VaultRefusal(400, 'Invalid request. The assertion is no JWT');
  const { claims, isSignedBy } = jwt;
  const account = accounts.find(
    ({ clientId, keyId }) => clientId === claims['iss'] && keyId === claims['key'],
  );
  if (account === undefined || claims['sub'] !== claims['iss']) {
    throw new VaultRefusal(401, 'Unauthenticated. The service account or its key is not known');
  }
  if (!isSignedBy(account)) {
    throw new VaultRefusal(401, 'Unauthenticated. The assertion is not signed by its key');
  }
  const { aud, exp } = claims;
  const now = Date.now() / 1000;
  if (typeof aud !== 'string' || !aud.endsWith(TOKEN_PATH)) {
    throw new VaultRefusal(401, 'Unauthenticated. The assertion is meant for another audience');
  }
  if (typeof exp !== 'number' || exp < now || exp > now + MAX_ASSERTION_SECONDS + CLOCK_SKEW_SECONDS) {
    throw new VaultRefusal(401, 'Unauthenticated. The assertion has expired, or lasts over an hour');
  }
  const { scope } = request;
  const asked = typeof scope === 'string' ? scope.split(' ') : [];
  if (account.roles.length > 0 && !account.roles.some((role) => asked.includes(`role:${role}`))) {
    throw new VaultRefusal(401, 'Unauthenticated. The scope names no role of the service account');
  }
  if (account.needsContext && claims['ctx'] === undefined) {
    throw new VaultRefusal(401, 'Unauthenticated. The service account is context aware: ctx is missing');
  }
  return { account, scope: typeof scope === 'string' ? scope : undefined, ctx: claims['ctx'] };
}

/** Makes a service account and the text of its credentials file, laid out as Skyflow's are. */
export async function createServiceAccount(
  tokenUri: string,
): Promise<{ readonly account: ServiceAccount; readonly credentials: string }> {
  const keys = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const account = {
    clientId: randomUUID(),
    keyId: randomUUID(),
    publicKeyPem: keys.publicKey,
    access: 'full',
    roles: [],
    needsContext: false,
  } satisfies ServiceAccount;
  const now = Date.now();
  const credentials = {
    clientID: account.clientId,
    clientName: 'sandbox',
    tokenURI: tokenUri,
    keyID: account.keyId,
    privateKey: keys.privateKey,
    keyValidAfterTime: new Date(now).toISOString(),
    keyValidBeforeTime: new Date(now + 365 * 86_400_000).toISOString(),
    keyAlgorithm: 'KEY_ALG_RSA_2048',
  };
  return { account, credentials: `${JSON.stringify(credentials, undefined, 2)}\n` };
}

/** Writes a file that only its owner may read. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
}

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
function readJwt(text: string) {
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
