import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { SharedTurns } from '../pace/shared-pace.js';
import type { JudgedAnswer } from '../../src/vault/vault-client.js';

/**
 * Until one record has come back under its own token, one request is sent at a time: a vault that keeps none of the
 * tokens takes one batch under tokens of its own, and not as many as there are workers. Shared by all who send for a
 * target and run; what an earlier session of the run has proved counts.
 */
export class TokenProof {
  #proven: boolean;
  #taken = false;
  readonly #waiting: (() => void)[] = [];
  readonly #elsewhere: { readonly turns: SharedTurns; readonly stopping: AbortSignal } | undefined;

  /** `elsewhere`: others send for the same target and run, on whatever machine. */
  constructor(options: {
    readonly proven: boolean;
    readonly elsewhere?: { readonly turns: SharedTurns; readonly stopping: AbortSignal } | undefined;
  }) {
    this.#proven = options.proven;
    this.#elsewhere = options.elsewhere;
  }

  get isProven(): boolean {
    return this.#proven;
  }

  prove(): void {
    if (this.#proven) return;
    this.#proven = true;
    for (const admit of this.#waiting.splice(0)) admit();
  }

  /** The same, also of those who send for the target and run elsewhere, who are asked. */
  async isKnown(): Promise<boolean> {
    const endTurn = await this.turn();
    endTurn();
    return this.#proven;
  }

  /** Waits until a request may be sent; what it resolves with gives the turn to the next. */
  async turn(): Promise<() => void> {
    while (!this.#proven && this.#taken) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#proven) return () => undefined;
    this.#taken = true;
    const pass = (): void => {
      this.#taken = false;
      this.#waiting.shift()?.();
    };
    if (this.#elsewhere === undefined) return pass;
    const { turns, stopping } = this.#elsewhere;
    try {
      const passOn = await turns.take(stopping);
      if (passOn === undefined) this.prove();
      return () => {
        passOn?.();
        pass();
      };
    } catch (error) {
      pass();
      throw error;
    }
  }

  /** What stops a vault that has kept none of the tokens of a whole request, and never one before. */
  keepsNone(
    of: { readonly vaultName: string; readonly column: string },
    answer: JudgedAnswer,
  ): SuperviseError {
    const count = answer.mismatched.length;
    return new SuperviseError(
      'refused',
      `vault ${of.vaultName}: the vault does not keep the tokens that were sent: it took ${count} ${count === 1 ? 'record' : 'records'} and gave back other tokens, or none`,
      {
        hint: `Check skyflow.byot and the tokenization of column ${of.column}. Values that failed with token_mismatch stand in the vault under tokens of its own: delete them there before they are sent again.`,
      },
    );
  }
}
