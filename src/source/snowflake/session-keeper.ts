import { setTimeout as delay } from 'node:timers/promises';
import { errorFacts, SuperviseError } from '../../errors/supervise-error.js';
import { backOffMs } from '../../back-off/retry.js';
import { readErrorCode } from '../../outside/known-forms.js';
import { describeFailure, isRecoverable, sourceError } from './driver-failure.js';
import { secretsOf } from './login-options.js';
import { Session, type SessionOptions } from './session.js';
import { DEFAULT_PATIENCE, type Patience, type SnowflakeConnection } from './snowflake-options.js';

const firstLoginAttempts = 3;

/** What is being done, for messages. */
export interface Undertaking {
  /** As in `cannot submit the query`. */
  readonly doing: string;
  readonly sql?: string | undefined;
  readonly queryId?: string | undefined;
}

/**
 * The session that is in use, renewed when it fails, and the patience with failures. A failure that may pass is said,
 * waited out and tried again with a new login; it counts until `progressed` is called. What Snowflake has decided, and
 * the last failure when patience is at its end, become a SuperviseError `source`.
 */
export class SessionKeeper {
  readonly #options: SessionOptions;
  #connection: SnowflakeConnection;
  readonly #patience: Patience;
  #current: Session | undefined;
  #failures = 0;
  #loggedInOnce = false;
  /** The secrets are others than the job's. */
  #isRenewed = false;

  constructor(options: SessionOptions, patience: Patience = DEFAULT_PATIENCE) {
    this.#options = options;
    this.#connection = options.connection;
    this.#patience = patience;
  }

  /** Does the work with a session, again as long as it fails in a way that may pass. */
  async work<T>(task: Undertaking, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        this.#current ??= await this.#open(signal);
        this.#loggedInOnce = true;
        return await work(this.#current);
      } catch (error) {
        await this.failed(error, task, signal);
      }
    }
  }

  /** In turn with whoever else logs in as this user; what it came to is told to them in every case. */
  async #open(signal: AbortSignal): Promise<Session> {
    const { login } = this.#options;
    if ((await login?.wait(signal))?.renewed === true) await this.#renew(signal);
    try {
      const session = await this.#logIn(signal);
      login?.ended({ outcome: 'accepted', renewed: this.#isRenewed });
      return session;
    } catch (error) {
      const isRefused = error instanceof SuperviseError && !signal.aborted;
      const about = { renewed: this.#isRenewed, ...(isRefused ? { error: errorFacts(error) } : {}) };
      login?.ended({ outcome: isRefused ? 'refused' : 'failed', ...about });
      throw error;
    }
  }

  /** A login that is refused is tried once more where its secrets can be had anew: more would lock the user out. */
  async #logIn(signal: AbortSignal): Promise<Session> {
    const open = () => Session.open({ ...this.#options, connection: this.#connection }, signal);
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof SuperviseError) || error.code !== 'source') throw error;
      if (!(await this.#renew(signal))) throw error;
      return open();
    }
  }

  /** False: there are no other secrets. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const renewed = await this.#options.renew?.(signal);
    if (renewed === undefined) return false;
    this.#connection = renewed;
    this.#isRenewed = true;
    return true;
  }

  /** After a failure: returns when it is time to try again, with the session given up; throws when it is not. */
  async failed(error: unknown, task: Undertaking, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { vaultName, onNotice } = this.#options;
    if (!isRecoverable(error)) throw this.describe(error, task);
    this.#failures += 1;
    const { attempts } = this.#patience;
    // A host that never answered is more likely a wrong account than an outage.
    if (this.#failures >= (this.#loggedInOnce ? attempts : Math.min(attempts, firstLoginAttempts))) {
      const { message, hint } = this.describe(error, task);
      throw new SuperviseError('source', `${message} (${this.#failures} times in a row)`, {
        hint:
          hint ?? 'Check the network, snowflake.account and snowflake.access_url; then go on with `resume`.',
      });
    }
    const delayMs = backOffMs(this.#patience, this.#failures);
    const code = readErrorCode(describeFailure(error).code);
    onNotice(
      `vault ${vaultName}: ${task.doing}: Snowflake failed${code === undefined ? '' : ` (code ${code})`}; ` +
        `trying again with a new session in ${Math.ceil(delayMs / 1000)} s`,
    );
    await this.close();
    await delay(delayMs, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }

  /** Something new has come: earlier failures are forgotten. */
  progressed(): void {
    this.#failures = 0;
  }

  describe(error: unknown, task: Undertaking): SuperviseError {
    const { vaultName } = this.#options;
    return sourceError(error, { vaultName, secrets: secretsOf(this.#connection), ...task });
  }

  async close(): Promise<void> {
    const session = this.#current;
    this.#current = undefined;
    await session?.close();
  }
}
