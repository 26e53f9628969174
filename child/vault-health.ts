import { SuperviseError } from '../src/errors/supervise-error.js';

const failuresInRowToSuspend = 100;
const patienceMs = 5 * 60_000;

/**
 * Whether the vault serves anyone at all: what tells a batch with bad luck from an outage. An outage never fails
 * records; it suspends the vault, resumable. A vault that has never served is given up after one batch's attempts.
 */
export class VaultHealth {
  readonly #now: () => number;
  readonly #vaultName: string;
  #servedAtMs: number | undefined;
  #failuresInRow = 0;

  constructor(vaultName: string, now: () => number = () => performance.now()) {
    this.#vaultName = vaultName;
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  /** The vault has answered a request in a way that shows that it works, whatever it thinks of the records. */
  served(): void {
    this.#servedAtMs = this.#now();
    this.#failuresInRow = 0;
  }

  failed(): void {
    this.#failuresInRow += 1;
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  servedSince(timeMs: number): boolean {
    return this.#servedAtMs !== undefined && this.#servedAtMs >= timeMs;
  }

  /** True when it is time to give the vault up for this run. */
  get suspended(): boolean {
    if (this.#servedAtMs === undefined) return this.#failuresInRow > 0;
    return this.#failuresInRow >= failuresInRowToSuspend || this.#now() - this.#servedAtMs > patienceMs;
  }

  outage(message: string): SuperviseError {
    return new SuperviseError(
      'unavailable',
      `vault ${this.#vaultName}: the vault does not answer (${this.#failuresInRow} failures in a row; last: ${message})`,
      {
        hint: 'Check skyflow.vault_url and the network; then go on with `resume`. No record was failed for this.',
      },
    );
  }
}
