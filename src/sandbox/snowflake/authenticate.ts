import {
  createHash,
  createPublicKey,
  randomUUID,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto';
import * as z from 'zod';
import type { SandboxUser } from './options.js';

/** The part of a login request that says who it is. */
export interface LoginClaim {
  readonly accountName: string;
  readonly loginName?: string | undefined;
  readonly authenticator: string;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/** A refusal as Snowflake words it. */
export interface LoginRefusal {
  readonly code: string;
  readonly message: string;
}

export type Authentication =
  { readonly kind: 'accepted'; readonly user: SandboxUser } | ({ readonly kind: 'refused' } & LoginRefusal);

function refused(code: string, message: string): Authentication {
  return { kind: 'refused', code, message };
}

function same(given: string | undefined, expected: string | undefined): boolean {
  if (given === undefined || expected === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

const claimsSchema = z.object({ iss: z.string(), sub: z.string(), exp: z.number() });

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

function fingerprint(key: KeyObject): string {
  return `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`;
}

/**
 * Whether the JWT is signed (RS256) with the key registered for the user, names account, user and key as Snowflake
 * demands, and has not expired. The Node driver writes `exp` in milliseconds, others in seconds: both are taken.
 */
function isValidJwt(jwt: string, user: SandboxUser, accountName: string): boolean {
  const [header, payload, signature, ...rest] = jwt.split('.');
  if (user.publicKey === undefined || header === undefined || payload === undefined || rest.length > 0)
    return false;
  try {
    const key = createPublicKey(user.publicKey);
    const { alg } = z.object({ alg: z.string() }).parse(decoded(header));
    const signed = Buffer.from(`${header}.${payload}`);
    if (alg !== 'RS256' || !verify('RSA-SHA256', signed, key, Buffer.from(signature ?? '', 'base64url')))
      return false;
    const { iss, sub, exp } = claimsSchema.parse(decoded(payload));
    // An account may be named with its region, which assertions leave out.
    const subjects = [accountName, accountName.replace(/\..*/su, '')].map((account) =>
      `${account}.${user.name}`.toUpperCase(),
    );
    const expiresAtMs = exp > 1e11 ? exp : exp * 1000;
    return subjects.includes(sub) && iss === `${sub}.${fingerprint(key)}` && expiresAtMs > Date.now();
  } catch {
    return false;
  }
}

/** The user in `sub` (`ACCOUNT.USER`) of an assertion, unchecked; names of users may have dots. */
function subjectOf({ token }: LoginClaim): string | undefined {
  try {
    const { sub } = claimsSchema.parse(decoded(token?.split('.')[1] ?? ''));
    return sub.slice(sub.indexOf('.') + 1);
  } catch {
    return undefined;
  }
}

/** Judges a login against the registered users; wrong credentials give the codes that Snowflake gives. */
export function authenticate(login: LoginClaim, users: readonly SandboxUser[]): Authentication {
  const authenticator = login.authenticator.toUpperCase();
  // Clients that sign in with a key pair may name the user in the token alone.
  const name = (
    login.loginName ?? (authenticator === 'SNOWFLAKE_JWT' ? subjectOf(login) : undefined)
  )?.toUpperCase();
  const user = users.find((each) => each.name.toUpperCase() === name);
  // A token says whose it is; where a name comes with it, it must be the same one.
  const owner = (field: 'oauthToken' | 'programmaticAccessToken') =>
    users.find(
      (each) => same(login.token, each[field]) && (name === undefined || name === each.name.toUpperCase()),
    );
  switch (authenticator) {
    case 'SNOWFLAKE':
      // A programmatic access token is taken in the place of a password too.
      return user !== undefined &&
        (same(login.password, user.password) || same(login.password, user.programmaticAccessToken))
        ? { kind: 'accepted', user }
        : refused('390100', 'Incorrect username or password was specified.');
    case 'PROGRAMMATIC_ACCESS_TOKEN': {
      const patOwner = owner('programmaticAccessToken');
      return patOwner === undefined
        ? refused('394400', 'Programmatic access token is invalid.')
        : { kind: 'accepted', user: patOwner };
    }
    case 'OAUTH': {
      const oauthOwner = owner('oauthToken');
      return oauthOwner === undefined
        ? refused('390303', `Invalid OAuth access token. [${randomUUID()}]`)
        : { kind: 'accepted', user: oauthOwner };
    }
    case 'SNOWFLAKE_JWT':
      return user !== undefined && isValidJwt(login.token ?? '', user, login.accountName)
        ? { kind: 'accepted', user }
        : refused('390144', `JWT token is invalid. [${randomUUID()}]`);
    default:
      return refused('390123', `Authenticator type ${login.authenticator} is not supported by the sandbox.`);
  }
}
