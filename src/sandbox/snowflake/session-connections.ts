import type { DuckDBConnection } from '@duckdb/node-api';
import type { Engine } from './engine.js';
import type { SandboxSession } from './sessions.js';

/** A connection that a session keeps, since what it holds is nobody else's: a transaction, or temporary tables. */
interface Kept {
  readonly connection: DuckDBConnection;
  inTransaction: boolean;
  readonly temporary: Set<string>;
  /** Resolves when no statement uses it. */
  free: Promise<void>;
}

/** A connection for one statement. */
export interface Lease {
  readonly connection: DuckDBConnection;
  readonly inTransaction: boolean;
  /** Full names (DATABASE.SCHEMA.NAME) of the session's temporary tables. */
  readonly temporary: ReadonlySet<string>;
  release(): void;
}

const none: ReadonlySet<string> = new Set();

/**
 * Which connection a statement runs on: one of its own, so that statements of a session run side by side, or the one
 * that its session keeps from BEGIN to its end, and from the first temporary table to the logout; there one after the other.
 */
export class SessionConnections {
  readonly #engine: Engine;
  readonly #kept = new Map<SandboxSession, Kept>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async lease(session: SandboxSession): Promise<Lease> {
    const kept = this.#kept.get(session);
    if (kept === undefined) {
      const connection = await this.#engine.connect(session);
      return { connection, inTransaction: false, temporary: none, release: () => connection.closeSync() };
    }
    const before = kept.free;
    let release: () => void = () => undefined;
    kept.free = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    await this.#engine.prepare(kept.connection, session);
    const { connection, inTransaction, temporary } = kept;
    return { connection, inTransaction, temporary, release };
  }

  /** Begins a transaction; one that is open already goes on. */
  async begin(session: SandboxSession): Promise<void> {
    const kept = await this.#keep(session);
    if (kept.inTransaction) return;
    await kept.connection.run('BEGIN TRANSACTION');
    kept.inTransaction = true;
  }

  /** Ends the transaction, if there is one. */
  async end(session: SandboxSession, how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const kept = this.#kept.get(session);
    if (kept?.inTransaction !== true) return;
    kept.inTransaction = false;
    await kept.connection.run(how);
    if (kept.temporary.size === 0) this.close(session);
  }

  /** The session has a temporary table of this full name from now on. */
  async addTemporary(session: SandboxSession, fullName: string): Promise<void> {
    (await this.#keep(session)).temporary.add(fullName);
  }

  dropTemporary(session: SandboxSession, fullName: string): void {
    this.#kept.get(session)?.temporary.delete(fullName);
  }

  /** Gives up what the session kept: its transaction is rolled back, its temporary tables are gone. */
  close(session: SandboxSession): void {
    this.#kept.get(session)?.connection.closeSync();
    this.#kept.delete(session);
  }

  closeAll(): void {
    for (const session of [...this.#kept.keys()]) this.close(session);
  }

  async #keep(session: SandboxSession): Promise<Kept> {
    const known = this.#kept.get(session);
    if (known !== undefined) return known;
    const kept: Kept = {
      connection: await this.#engine.connect(session),
      inTransaction: false,
      temporary: new Set(),
      free: Promise.resolve(),
    };
    this.#kept.set(session, kept);
    return kept;
  }
}
