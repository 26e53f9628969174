import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import type { RunView } from '../view/run-view.js';
import { askSecret } from './ask-person.js';
import { canAsk } from './prompt.js';
import { writeForPeople } from '../view/write-for-people.js';

/**
 * Asks for another bearer token when the vault refuses the present one. Vaults share their token, so however many
 * ask there is one question, and a vault that asks late gets the answer that the others got. Where a command gives tokens
 * it is run again, and nobody is asked unless it fails.
 */
export class TokenPrompt {
  readonly #view: RunView;
  readonly #renew: (() => Promise<string>) | undefined;
  readonly #given = new Map<string, string>();
  #latest: string | undefined;
  #asking: Promise<string | undefined> | undefined;

  constructor(view: RunView, renew?: () => Promise<string>) {
    this.#view = view;
    this.#renew = renew;
  }

  async ask(vaultName: string, message: string): Promise<string | undefined> {
    if (this.#latest !== undefined && this.#given.get(vaultName) !== this.#latest)
      return this.#give(vaultName, this.#latest);
    this.#asking ??= this.#obtain(message).finally(() => {
      this.#asking = undefined;
    });
    const token = await this.#asking;
    return token === undefined ? undefined : this.#give(vaultName, token);
  }

  #give(vaultName: string, token: string): string {
    this.#given.set(vaultName, token);
    return token;
  }

  async #obtain(message: string): Promise<string | undefined> {
    try {
      const token = await this.#renew?.();
      if (token !== undefined && token !== this.#latest) return (this.#latest = token);
    } catch (error) {
      this.#view.notice('warn', errorFacts(error).message);
    }
    return canAsk() ? this.#question(message) : undefined;
  }

  async #question(message: string): Promise<string | undefined> {
    const resume = this.#view.suspend();
    try {
      writeForPeople(process.stderr, `The vault refuses the bearer token: ${message}\n`);
      const token = await askSecret('A new bearer token (empty: the vault ends here, resumable):');
      this.#latest = token ?? this.#latest;
      return token;
    } catch (error) {
      if (!(error instanceof SuperviseError)) throw error;
      process.kill(process.pid, 'SIGINT');
      return undefined;
    } finally {
      resume();
    }
  }
}
