import { renewalCommand, type RenewableSecret } from '../../src/config/renewable-secrets.js';
import { errorFacts } from '../../src/errors/supervise-error.js';
import { LoginGate } from './login-gate.js';
import { runSecretCommand } from './run-secret-command.js';

/** A secret, and how often it was given anew in this run; no text: its command gave none. */
export interface GivenSecret {
  readonly generation: number;
  readonly text?: string;
}

/**
 * Gives secrets anew when they are refused: the output of their commands, run again. Vaults share their secrets, so
 * however many ask, a command runs once for all who hold the same refused text.
 */
export class SecretRenewal {
  /** Of the same vaults. */
  readonly logins = new LoginGate();
  readonly #settings: object;
  readonly #onFailure: (message: string) => void;
  readonly #latest = new Map<RenewableSecret, GivenSecret>();
  readonly #running = new Map<RenewableSecret, Promise<GivenSecret>>();

  constructor(settings: object, onFailure: (message: string) => void) {
    this.#settings = settings;
    this.#onFailure = onFailure;
  }

  /** For a child whose secret of that generation (0: the job's own) is refused. */
  async ask(key: RenewableSecret, generation: number): Promise<GivenSecret> {
    const latest = this.#latest.get(key);
    if (latest !== undefined && latest.generation > generation) return latest;
    const running = this.#running.get(key) ?? this.#run(key, generation + 1);
    this.#running.set(key, running);
    return running.finally(() => this.#running.delete(key));
  }

  async #run(key: RenewableSecret, generation: number): Promise<GivenSecret> {
    const command = renewalCommand(this.#settings, key);
    if (command === undefined) return { generation };
    try {
      const text = await runSecretCommand({ setting: `${key}_command`, command });
      const given = { generation, text };
      this.#latest.set(key, given);
      return given;
    } catch (error) {
      this.#onFailure(errorFacts(error).message);
      return { generation };
    }
  }
}
