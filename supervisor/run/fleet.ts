import { shareOf, type Rates } from '../../src/rates/rates.js';
import type { VaultSupervision } from './supervise-vault.js';

/**
 * The vaults of a run that are being worked on, and parts of them, and what holds for all of them: rates, shared or each its own, and
 * whether they are paused. Whoever joins later is told the same.
 */
export class Fleet implements Iterable<VaultSupervision> {
  readonly #vaults = new Set<VaultSupervision>();
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

  join(vault: VaultSupervision): void {
    this.#vaults.add(vault);
    if (this.#isPaused) void vault.pause();
    this.#tellRates();
  }

  leave(vault: VaultSupervision): void {
    this.#vaults.delete(vault);
    this.#tellRates();
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

  /** All of them, or the parts of one vault. */
  stop(drainMs: number, name?: string): void {
    for (const vault of this) if (name === undefined || vault.name === name) vault.stop(drainMs);
  }

  kill(): void {
    for (const vault of this) vault.kill();
  }

  /** Parts of one vault share what is for it. */
  #tellRates(): void {
    for (const vault of this) {
      const sharers = this.#shares
        ? this.#vaults.size
        : [...this].filter(({ name }) => name === vault.name).length;
      vault.setRates(shareOf(this.#rates ?? vault.ownRates, sharers));
    }
  }
}
