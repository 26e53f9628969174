import type { RenewableSecret } from '../src/config/renewable-secrets.js';
import type { FromChild, ToChild } from '../src/protocol/messages.js';
import { onAbort } from '../src/vault/on-abort.js';
import { SuperviseError } from '../src/errors/supervise-error.js';
import type { LoginEnd, SharedLogin } from '../src/source/source-kind.js';

type SecretAnswer = Extract<ToChild, { type: 'secret' }>;

/** Asks the supervisor for secrets that were refused. One question at a time for each, however many ask it. */
export class SecretRequests {
  readonly #send: (message: FromChild) => void;
  readonly #latest = new Map<RenewableSecret, { readonly generation: number; readonly text: string }>();
  readonly #asked = new Map<
    RenewableSecret,
    { readonly answer: Promise<string | undefined>; readonly resolve: (text: string | undefined) => void }
  >();

  constructor(send: (message: FromChild) => void) {
    this.#send = send;
  }

  /** The secret anew, where another one than `refused` is to be had; undefined also when the signal is aborted. */
  async ask(key: RenewableSecret, refused: string, signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted) return undefined;
    const known = this.#latest.get(key);
    if (known !== undefined && known.text !== refused) return known.text;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      let resolve: (text: string | undefined) => void = () => undefined;
      asked = { answer: new Promise((done) => (resolve = done)), resolve: (text) => resolve(text) };
      this.#asked.set(key, asked);
      this.#send({ type: 'secret_refused', key, generation: known?.generation ?? 0 });
    }
    const { answer } = asked;
    return new Promise((resolve) => {
      const stay = onAbort(signal, () => resolve(undefined));
      void answer.then((text) => resolve(text === refused ? undefined : text)).finally(stay);
    });
  }

  /** The supervisor's answer. */
  answer({ key, generation, text }: SecretAnswer): void {
    if (text !== undefined) this.#latest.set(key, { generation, text });
    this.#asked.get(key)?.resolve(text);
    this.#asked.delete(key);
  }
}

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
