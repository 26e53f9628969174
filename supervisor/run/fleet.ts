import { shareOf, type Rates } from '../../src/config/rates.js';
import type { VaultSupervision } from './supervise-vault.js';

/**
 * The vaults of a run that are being worked on, and what holds for all of them: rates, shared or each its own, and
 * whether they are paused. Whoever joins later is told the same.
 */
export class Fleet implements Iterable<VaultSupervision> {
  readonly #vaults = new Map<string, VaultSupervision>();
  readonly #shares: boolean;
  #rates: Rates | undefined;
  #isPaused = false;

  /** `sharedRates` are for all of them together; without, what is set later is for each. */
  constructor(sharedRates: Rates | undefined) {
    this.#shares = sharedRates !== undefined;
    this.#rates = sharedRates;
  }

  [Symbol.iterator](): Iterator<VaultSupervision> {
    return this.#vaults.values();
  }

  join(name: string, vault: VaultSupervision): void {
    this.#vaults.set(name, vault);
    if (this.#isPaused) void vault.pause();
    this.#tellRates();
  }

  leave(name: string): void {
    this.#vaults.delete(name);
    if (this.#shares) this.#tellRates();
  }

  /** From the next request on. */
  setRates(rates: Rates): void {
    this.#rates = rates;
    this.#tellRates();
  }

  /** No vault begins a request until `unpause`; resolves when none is on its way. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.all([...this].map((vault) => vault.pause()));
  }

  unpause(): void {
    this.#isPaused = false;
    for (const vault of this) vault.unpause();
  }

  stop(drainMs: number): void {
    for (const vault of this) vault.stop(drainMs);
  }

  kill(): void {
    for (const vault of this) vault.kill();
  }

  #tellRates(): void {
    if (this.#rates === undefined || this.#vaults.size === 0) return;
    const each = this.#shares ? shareOf(this.#rates, this.#vaults.size) : this.#rates;
    for (const vault of this) vault.setRates(each);
  }
}
