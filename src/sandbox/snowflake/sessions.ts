import { randomUUID } from 'node:crypto';
import type { LoginRefusal } from './authenticate.js';
import type { SandboxEvent } from './faults.js';
import type { SnowflakeSandboxOptions } from './options.js';

/** One login. Statements change its parameters and its current database, schema, role and warehouse. */
export interface SandboxSession {
  readonly id: number;
  readonly user: string;
  readonly masterToken: string;
  readonly masterExpiresAtMs: number;
  readonly parameters: Map<string, string>;
  token: string;
  tokenExpiresAtMs: number;
  database: string | undefined;
  schema: string | undefined;
  role: string;
  warehouse: string | undefined;
}

export type SessionLookup =
  | { readonly kind: 'found'; readonly session: SandboxSession }
  | ({ readonly kind: 'refused' } & LoginRefusal);

const refusals = {
  gone: { code: '390111', message: 'Session no longer exists. New login required to access the service.' },
  expired: { code: '390112', message: 'Your session has expired. Please login again.' },
  masterExpired: {
    code: '390114',
    message: 'Authentication token has expired. The user must authenticate again.',
  },
  invalid: { code: '390104', message: 'User must login again to access the service.' },
} as const satisfies Record<string, LoginRefusal>;

/**
 * The sessions and their two tokens. A session token that has expired (390112) is renewed with the master token;
 * a master token that has expired (390114) needs a new login; a closed session (390111) and an unknown token
 * (390104) do too.
 */
export class SessionRegistry {
  readonly #limits: SnowflakeSandboxOptions['sessions'];
  readonly #byToken = new Map<string, SandboxSession>();
  readonly #byMaster = new Map<string, SandboxSession>();
  readonly #goneTokens = new Set<string>();
  #opened = 0;
  #renewals = 0;

  constructor(limits: SnowflakeSandboxOptions['sessions']) {
    this.#limits = limits;
  }

  get counts(): { readonly opened: number; readonly open: number; readonly renewals: number } {
    return { opened: this.#opened, open: this.#byMaster.size, renewals: this.#renewals };
  }

  get limits(): SnowflakeSandboxOptions['sessions'] {
    return this.#limits;
  }

  open(
    facts: Pick<SandboxSession, 'user' | 'parameters' | 'database' | 'schema' | 'role' | 'warehouse'>,
  ): SandboxSession {
    this.#opened += 1;
    const session: SandboxSession = {
      ...facts,
      id: 1_000_000 + this.#opened,
      masterToken: `master-${randomUUID()}`,
      masterExpiresAtMs: Date.now() + this.#limits.masterLifetimeMs,
      token: '',
      tokenExpiresAtMs: 0,
    };
    this.#byMaster.set(session.masterToken, session);
    this.#issueToken(session);
    return session;
  }

  find(token: string | undefined): SessionLookup {
    if (token === undefined) return { kind: 'refused', ...refusals.invalid };
    if (this.#goneTokens.has(token)) return { kind: 'refused', ...refusals.gone };
    const session = this.#byToken.get(token);
    if (session === undefined) return { kind: 'refused', ...refusals.invalid };
    if (session.tokenExpiresAtMs <= Date.now()) return { kind: 'refused', ...refusals.expired };
    return { kind: 'found', session };
  }

  renew(masterToken: string | undefined): SessionLookup {
    const session = masterToken === undefined ? undefined : this.#byMaster.get(masterToken);
    if (session === undefined || session.masterExpiresAtMs <= Date.now()) {
      return { kind: 'refused', ...refusals.masterExpired };
    }
    this.#renewals += 1;
    this.#byToken.delete(session.token);
    this.#issueToken(session);
    return { kind: 'found', session };
  }

  close(session: SandboxSession): void {
    this.#byToken.delete(session.token);
    this.#byMaster.delete(session.masterToken);
    this.#goneTokens.add(session.token);
  }

  expireAll(how: NonNullable<SandboxEvent['expireSessions']>): void {
    for (const session of [...this.#byMaster.values()]) {
      session.tokenExpiresAtMs = 0;
      if (how === 'final') this.#byMaster.delete(session.masterToken);
      if (how === 'gone') this.close(session);
    }
  }

  #issueToken(session: SandboxSession): void {
    session.token = `session-${randomUUID()}`;
    session.tokenExpiresAtMs = Date.now() + this.#limits.lifetimeMs;
    this.#byToken.set(session.token, session);
  }
}
