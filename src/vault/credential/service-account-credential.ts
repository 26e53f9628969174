import { SuperviseError } from '../../errors/supervise-error.js';
import { classifyStatus, isTransient } from '../http-statuses.js';
import { checkToken, type Credential, type SecretAnew } from './credential.js';
import { createDispatcher, type ConnectionSettings } from '../dispatcher.js';
import { readErrorEnvelope } from '../error-envelope.js';
import { asObject, parseJson } from '../json.js';
import { post } from '../post.js';
import { readServiceAccount, type ServiceAccount, type ServiceAccountOrigin } from './service-account.js';
import { contextClaim, roleScope, type TokenWishes } from './token-wishes.js';
import { SingleFlight } from './single-flight.js';

/** How long an assertion is valid: the vault takes 60 minutes at most, and clocks differ. */
const ASSERTION_SECONDS = 55 * 60;
const USUAL_LIFETIME_MS = 60 * 60_000;
const EARLY_MS = 5 * 60_000;
/** After a failed early renewal the old token, still valid, serves this long before the next attempt. */
const RETRY_MS = 15_000;
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface ServiceAccountOptions {
  readonly origin: ServiceAccountOrigin;
  readonly wishes?: TokenWishes | undefined;
  /** As for the vault: the same CA and the same proxies. */
  readonly connection: ConnectionSettings;
  readonly requestTimeoutMs: number;
  /** Gives the JSON anew when the account or its key is refused; absent: that is the end. */
  readonly anew?: SecretAnew | undefined;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** Only who signs pays for loading it. */
const jose = () => import('jose');

interface GrantedToken {
  readonly token: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

/**
 * Bearer tokens of a service account: an assertion signed RS256 is exchanged for a token, which is renewed
 * 5 minutes before it expires (at half its life when that is short) and after a 401, from a file read anew.
 */
export class ServiceAccountCredential implements Credential {
  readonly #options: ServiceAccountOptions;
  #origin: ServiceAccountOrigin;
  readonly #now: () => number;
  readonly #renewal: SingleFlight<GrantedToken>;
  #granted: GrantedToken | undefined;

  constructor(options: ServiceAccountOptions) {
    this.#options = options;
    this.#origin = options.origin;
    this.#now = options.now ?? Date.now;
    this.#renewal = new SingleFlight(async () => (this.#granted = await this.#fetch()));
  }

  async current(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const granted = this.#granted;
    if (granted !== undefined && this.#now() < granted.renewAt) return granted.token;
    try {
      return (await this.#renewal.run(signal)).token;
    } catch (error) {
      if (signal.aborted || granted === undefined || this.#now() >= granted.expiresAt) throw error;
      if (this.#granted === granted) this.#granted = { ...granted, renewAt: this.#now() + RETRY_MS };
      return granted.token;
    }
  }

  async renew(rejected: string, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (this.#granted !== undefined && this.#granted.token !== rejected) return true;
    return (await this.#renewal.run(signal)).token !== rejected;
  }

  async #fetch(): Promise<GrantedToken> {
    const { account, answer } = await this.#grant();
    const token = answer['accessToken'] ?? answer['access_token'];
    if (typeof token !== 'string') throw unreadable(account.tokenUri);
    const checked = checkToken(token, `The access token from ${account.tokenUri.host}`);
    const now = this.#now();
    const lifetimeMs = await readLifetime(checked, answer['expires_in'] ?? answer['expiresIn'], now);
    const early = Math.min(EARLY_MS, lifetimeMs / 2);
    return { token: checked, renewAt: now + lifetimeMs - early, expiresAt: now + lifetimeMs };
  }

  async #grant({ isLast = false } = {}): Promise<{
    account: ServiceAccount;
    answer: Readonly<Record<string, unknown>>;
  }> {
    const account = await readServiceAccount(this.#origin);
    try {
      return { account, answer: await this.#exchange(account.tokenUri, await this.#sign(account)) };
    } catch (error) {
      if (isLast || !(error instanceof SuperviseError) || error.code !== 'unauthorized') throw error;
      const refused = 'json' in this.#origin ? this.#origin.json : '';
      const json = await this.#options.anew?.(refused, new AbortController().signal);
      if (json === undefined || json === refused) throw error;
      this.#origin = { json };
      return this.#grant({ isLast: true });
    }
  }

  async #sign({ clientId, keyId, tokenUri, privateKey }: ServiceAccount): Promise<string> {
    const { SignJWT } = await jose();
    const nowSeconds = Math.floor(this.#now() / 1000);
    const { context } = this.#options.wishes ?? {};
    return new SignJWT({ key: keyId, ...(context === undefined ? {} : { ctx: contextClaim(context) }) })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenUri.href)
      .setExpirationTime(nowSeconds + ASSERTION_SECONDS)
      .sign(privateKey);
  }

  async #exchange(tokenUri: URL, assertion: string): Promise<Readonly<Record<string, unknown>>> {
    const { connection, requestTimeoutMs, wishes } = this.#options;
    const { roles = [] } = wishes ?? {};
    const scope = roles.length === 0 ? {} : { scope: roleScope(roles) };
    // HTTP/1.1 whatever the vault is asked with: one small request in an hour.
    const dispatcher = await createDispatcher(
      tokenUri,
      { ...connection, httpVersion: '1.1', accountId: undefined },
      1,
    );
    try {
      const outcome = await post(dispatcher, {
        path: `${tokenUri.pathname}${tokenUri.search}`,
        headers: ['content-type', 'application/json', 'accept', 'application/json'],
        body: Buffer.from(JSON.stringify({ grant_type: GRANT_TYPE, assertion, ...scope })),
        timeoutMs: requestTimeoutMs,
        signal: new AbortController().signal,
      });
      if (outcome.kind === 'lost') {
        throw new SuperviseError('unavailable', `No token from ${tokenUri.host}: ${outcome.message}`);
      }
      const text = outcome.body.toString();
      if (classifyStatus(outcome.status, '').kind !== 'accepted') {
        throw refused(tokenUri, outcome.status, text);
      }
      const answer = asObject(parseJson(text));
      if (answer === undefined) throw unreadable(tokenUri);
      return answer;
    } finally {
      await dispatcher.destroy();
    }
  }
}

function refused(tokenUri: URL, status: number, text: string): SuperviseError {
  const passing = isTransient(status);
  // What it says is only told by its meaning, so that the assertion need not be looked for in it.
  const { message } = readErrorEnvelope(text, (words) => words);
  return new SuperviseError(
    passing ? 'unavailable' : 'unauthorized',
    `${tokenUri.host} gave no token: HTTP ${status}, ${message}`,
    passing ? {} : { hint: 'Check that the service account and its key exist and are enabled.' },
  );
}

function unreadable(tokenUri: URL): SuperviseError {
  return new SuperviseError('unavailable', `${tokenUri.host} answered without an access token`);
}

/** Milliseconds that a new token lives: between its own `iat` and `exp`, so that clocks need not agree. */
async function readLifetime(token: string, expiresInSeconds: unknown, nowMs: number): Promise<number> {
  const { decodeJwt } = await jose();
  let lifetimeMs = typeof expiresInSeconds === 'number' ? expiresInSeconds * 1000 : 0;
  try {
    const { exp, iat } = decodeJwt(token);
    if (exp !== undefined) lifetimeMs = iat === undefined ? exp * 1000 - nowMs : (exp - iat) * 1000;
  } catch {
    // Not a JWT: nothing to read.
  }
  return lifetimeMs > 0 ? lifetimeMs : USUAL_LIFETIME_MS;
}
