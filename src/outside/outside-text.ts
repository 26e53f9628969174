/**
 * Words of somebody else, which may quote a record. Wherever it is printed, put into a message or made JSON of, it is
 * its shape: what it means where that is known, else its length. The words themselves are for error logs alone, where
 * records stand anyway.
 */
export class OutsideText {
  readonly shape: string;
  readonly #words: string;

  constructor(words: string, meaning: string | undefined) {
    this.#words = words;
    const length = Array.from(words).length;
    this.shape =
      meaning ??
      (length === 0
        ? 'no message'
        : `a message that is not among those known (${length} characters, which may quote a record)`);
  }

  /** The words as they came. Must go nowhere but where the records themselves may stand. */
  forErrorLog(): string {
    return this.#words;
  }

  toString(): string {
    return this.shape;
  }

  toJSON(): string {
    return this.shape;
  }
}
