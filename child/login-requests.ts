import { SuperviseError } from '../src/errors/supervise-error.js';
import type { FromChild, ToChild } from '../src/protocol/messages.js';
import type { LoginEnd, SharedLogin } from '../src/source/source-kind.js';
import { onAbort } from '../src/vault/on-abort.js';

type Leave = Extract<ToChild, { type: 'login' }>;

/** Asks the supervisor before each login, since the vaults of a run share their user. */
export class LoginRequests implements SharedLogin {
  readonly #vaultName: string;
  readonly #send: (message: FromChild) => void;
  readonly #waiting: ((leave: Leave) => void)[] = [];

  constructor(vaultName: string, send: (message: FromChild) => void) {
    this.#vaultName = vaultName;
    this.#send = send;
  }

  async wait(signal: AbortSignal): Promise<{ readonly renewed: boolean }> {
    signal.throwIfAborted();
    let stay: () => void = () => undefined;
    try {
      const { renewed, refusal } = await new Promise<Leave>((resolve, reject) => {
        stay = onAbort(signal, () => reject(signal.reason as Error));
        this.#waiting.push(resolve);
        this.#send({ type: 'login_wanted' });
      });
      if (refusal !== undefined) throw this.#notTried(refusal);
      return { renewed };
    } catch (error) {
      // Leave that comes too late is given back.
      if (signal.aborted) this.ended({ outcome: 'failed', renewed: false });
      throw error;
    } finally {
      stay();
    }
  }

  ended(end: LoginEnd): void {
    const { outcome, renewed, error } = end;
    this.#send({ type: 'login_ended', outcome, renewed, ...(error === undefined ? {} : { error }) });
  }

  /** The supervisor's answer. */
  answer(leave: Leave): void {
    this.#waiting.shift()?.(leave);
  }

  #notTried({ code, message, hint }: NonNullable<Leave['refusal']>): SuperviseError {
    const said = message.replace(/^vault [\w-]+: /u, '');
    return new SuperviseError(
      code,
      `vault ${this.#vaultName}: not tried, since the login of another vault with the same user was refused: ${said}`,
      { hint },
    );
  }
}
