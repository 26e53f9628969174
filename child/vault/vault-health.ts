import { SuperviseError } from '../../src/errors/supervise-error.js';
import { asksForPaceAlone, isThrottling } from '../../src/vault/http-statuses.js';

const failuresInRowToSuspend = 100;
const failuresBeforeFirstServiceToSuspend = 10;
const patienceMs = 5 * 60_000;
/** Before that it is bad luck of a moment. */
const awayAfterMs = 1_000;

/**
 * Whether the vault serves anyone at all: what tells a batch with bad luck from an outage. An outage never fails
 * records; it suspends the vault, resumable. A vault that has never served is given up sooner.
 */
export class VaultHealth {
  readonly #now: () => number;
  readonly #vaultName: string;
  #servedAtMs: number | undefined;
  #failuresInRow = 0;
  /** Since when nothing but failures and refusals of all service has come. */
  #failingSinceMs: number | undefined;
  /** Of the last of these answers; 0: there was none. */
  #lastStatus = 0;

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
    this.#failingSinceMs = undefined;
  }

  /** An answer of no use, as a look-up that is not allowed: no service, but the failures around it are no outage. */
  answered(): void {
    this.#failuresInRow = 0;
  }

  /** `status`: of an answer, if one came. */
  failed(status = 0): void {
    this.#lastStatus = status;
    this.#failuresInRow += 1;
    this.#failingSinceMs ??= this.#now();
  }

  /** The vault takes nothing at present and says so: nobody's failure, and no service either, where it does not ask for a slower pace alone. */
  turnedAway(status: number): void {
    if (asksForPaceAlone(status)) return;
    this.#lastStatus = status;
    this.#failingSinceMs ??= this.#now();
  }

  /** A question had no answer, or one that serves nobody at present. */
  unserved(status: number | undefined): void {
    if (status !== undefined && isThrottling(status)) this.turnedAway(status);
    else this.failed(status);
  }

  get failuresInRow(): number {
    return this.#failuresInRow;
  }

  get hasServed(): boolean {
    return this.#servedAtMs !== undefined;
  }

  servedSince(timeMs: number): boolean {
    return this.#servedAtMs !== undefined && this.#servedAtMs >= timeMs;
  }

  /** For people, while it serves nobody: the HTTP status of its last answer, 0 where none came; undefined while it serves. */
  get awayStatus(): number | undefined {
    const sinceMs = this.#failingSinceMs;
    return sinceMs !== undefined && this.#now() - sinceMs >= awayAfterMs ? this.#lastStatus : undefined;
  }

  /** True when it is time to give the vault up for this run. */
  get suspended(): boolean {
    const failures = this.hasServed ? failuresInRowToSuspend : failuresBeforeFirstServiceToSuspend;
    if (this.#failuresInRow >= failures) return true;
    return this.#failingSinceMs !== undefined && this.#now() - this.#failingSinceMs > patienceMs;
  }

  /** For a vault that was never reached and, with these settings, never will be. */
  noConnection(message: string): SuperviseError {
    return new SuperviseError(
      'unavailable',
      `vault ${this.#vaultName}: no connection to the vault: ${message}`,
      {
        hint: 'Check skyflow.vault_url, skyflow.ca_file, performance.http_version and the proxy variables. Nothing was sent; go on with `resume`.',
      },
    );
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
