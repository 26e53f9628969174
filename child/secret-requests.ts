import type { RenewableSecret } from '../src/config/renewable-secrets.js';
import type { FromChild, ToChild } from '../src/protocol/messages.js';
import { onAbort } from '../src/vault/on-abort.js';

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
