/** Timers that can be forgotten all at once. */
export class Timers {
  readonly #pending = new Set<NodeJS.Timeout>();

  /** Runs `action` after `delayMs`, unless `clear` comes first. */
  after(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      action();
    }, delayMs);
    this.#pending.add(timer);
  }

  clear(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }

  get size(): number {
    return this.#pending.size;
  }
}
