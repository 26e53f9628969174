import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { CredentialAccess, LiveOptions } from './options.js';
import { VaultRefusal } from './vault-reply.js';

interface Granted {
  readonly access: CredentialAccess;
  readonly expiresAtMs: number;
}

/** Who may do what. Issued tokens have the form of a JWT, because Skyflow's own libraries look into them. */
export class AccessControl {
  readonly #signingKey = randomBytes(32);
  readonly #issued = new Map<string, Granted>();
  readonly #listed = new Map<string, Granted & { readonly lifetimeMs: number }>();
  #options: LiveOptions;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.setOptions(options);
  }

  /** Takes new options; the lifetime of a token starts when it is first listed, or listed with another one. */
  setOptions(options: LiveOptions): void {
    this.#options = options;
    const before = new Map(this.#listed);
    this.#listed.clear();
    for (const { token, access, lifetimeMs = Infinity } of options.accessTokens) {
      const known = before.get(token);
      const expiresAtMs = known?.lifetimeMs === lifetimeMs ? known.expiresAtMs : Date.now() + lifetimeMs;
      this.#listed.set(token, { access, lifetimeMs, expiresAtMs });
    }
  }

  /** Throws 401 or 403 unless the headers of a request allow the action. */
  authorise(
    headers: { readonly authorization: string | undefined; readonly accountId: string | undefined },
    action: 'insert' | 'other',
  ): void {
    const token = /^Bearer (\S+)$/iu.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw new VaultRefusal(401, 'Unauthenticated. Bearer token is missing');
    const access = this.#accessOf(token);
    const { accountId } = this.#options;
    if (accountId !== '' && headers.accountId !== accountId) {
      throw new VaultRefusal(403, 'Forbidden. x-skyflow-account-id is not that of the account');
    }
    if (access === 'full' || (access === 'insert' && action === 'insert')) return;
    throw new VaultRefusal(403, 'Forbidden. The credential is not allowed to do this');
  }

  /** A new bearer token that lasts as long as the options say. */
  issue(
    access: CredentialAccess,
    subject: string,
    { scope, ctx }: { readonly scope?: string | undefined; readonly ctx?: unknown } = {},
  ): string {
    const now = Date.now();
    for (const [token, { expiresAtMs }] of this.#issued) if (expiresAtMs < now) this.#issued.delete(token);
    const expiresAtMs = now + this.#options.issuedLifetimeMs;
    const claims = {
      sub: subject,
      ...(scope === undefined ? {} : { scope }),
      ...(ctx === undefined ? {} : { ctx }),
      jti: randomUUID(),
      iat: Math.floor(now / 1000),
      exp: Math.ceil(expiresAtMs / 1000),
    };
    const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const token = `${signed}.${createHmac('sha256', this.#signingKey).update(signed).digest('base64url')}`;
    this.#issued.set(token, { access, expiresAtMs });
    return token;
  }

  /** Ends every token issued so far; returns how many there were. */
  expireIssued(): number {
    const count = this.#issued.size;
    this.#issued.clear();
    return count;
  }

  #accessOf(token: string): CredentialAccess {
    if (this.#options.expiredTokens.includes(token)) {
      throw new VaultRefusal(401, 'Unauthenticated. Bearer token has expired');
    }
    const credential = this.#listed.get(token) ?? this.#issued.get(token);
    if (credential !== undefined) {
      if (credential.expiresAtMs > Date.now()) return credential.access;
      throw new VaultRefusal(401, 'Unauthenticated. Bearer token has expired');
    }
    const anyGoes = this.#options.accessTokens.length === 0 && this.#options.serviceAccounts.length === 0;
    if (anyGoes) return 'full';
    throw new VaultRefusal(401, 'Unauthenticated. Bearer token is not valid');
  }
}
