/** So many equal values in a row are no chance, and are told of before many of them are sent. */
const toldAfter = 1_000;
/** Fewer than these may well be equal when a source ends with them. */
const fewest = 20;

/**
 * Tells once when all records from the first on have one and the same value: a masking policy gives a role without
 * rights a mask in place of every value. After the first other value it costs nothing.
 */
export class SameValueWatch {
  readonly #onNotice: (message: string) => void;
  #value: string | undefined;
  #count = 0;
  #isOver = false;

  constructor(onNotice: (message: string) => void) {
    this.#onNotice = onNotice;
  }

  /** Takes note of the next records' values; `isLast` when the source ends behind them. */
  read(values: readonly string[], isLast: boolean): void {
    if (this.#isOver) return;
    this.#value ??= values[0];
    this.#isOver = values.some((value) => value !== this.#value);
    this.#count += values.length;
    if (this.#isOver || this.#count < (isLast ? fewest : toldAfter)) return;
    this.#isOver = true;
    this.#onNotice(
      `all ${this.#count} tokens read so far have one and the same value. If that is a mask, the role (snowflake.role) may not see the values: stop, and load with one that may`,
    );
  }
}
