/** The batch size of one vault: the configured one until the vault complains about size. */
export class BatchSizeLimit {
  #current: number;
  readonly #onLowered: (from: number, to: number, reason: string) => void;

  constructor(configured: number, onLowered: (from: number, to: number, reason: string) => void) {
    this.#current = configured;
    this.#onLowered = onLowered;
  }

  get current(): number {
    return this.#current;
  }

  /** The vault found `recordCount` records too much. Says so once per step, however many batches were on their way. */
  lower(recordCount: number, reason: string): void {
    const to = Math.max(1, Math.floor(recordCount / 2));
    if (to >= this.#current) return;
    const from = this.#current;
    this.#current = to;
    this.#onLowered(from, to, reason);
  }
}
