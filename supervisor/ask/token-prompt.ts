import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { RunView } from '../view/run-view.js';
import { askSecret } from './ask-secret.js';
import { canAsk } from './prompt.js';
import { writeForPeople } from '../view/write-for-people.js';

/**
 * Asks for another bearer token when the vault refuses the present one. Vaults share their token, so however many
 * ask there is one question, and a vault that asks late gets the answer that the others got.
 */
export class TokenPrompt {
  readonly #view: RunView;
  readonly #given = new Map<string, string>();
  #latest: string | undefined;
  #asking: Promise<string | undefined> | undefined;

  constructor(view: RunView) {
    this.#view = view;
  }

  async ask(vaultName: string, message: string): Promise<string | undefined> {
    if (this.#latest !== undefined && this.#given.get(vaultName) !== this.#latest)
      return this.#give(vaultName, this.#latest);
    if (!canAsk()) return undefined;
    this.#asking ??= this.#question(message).finally(() => {
      this.#asking = undefined;
    });
    const token = await this.#asking;
    return token === undefined ? undefined : this.#give(vaultName, token);
  }

  #give(vaultName: string, token: string): string {
    this.#given.set(vaultName, token);
    return token;
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
