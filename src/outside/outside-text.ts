/**
 * Words of somebody else, which may quote a record. Wherever it is printed, put into a message or made JSON of, it is
 * its shape: what it means where that is known, else its length. The words themselves are for error logs alone, where
 * records stand anyway, and there without credentials.
 */
export class OutsideText {
  readonly shape: string;
  readonly #words: string;
  readonly #cleaned: string;

  /** `cleaned`: the words without the credentials that they may quote. */
  constructor(
    words: string,
    { meaning, cleaned = words }: { meaning?: string | undefined; cleaned?: string | undefined } = {},
  ) {
    this.#words = words;
    this.#cleaned = cleaned;
    const length = Array.from(cleaned).length;
    this.shape =
      meaning ??
      (length === 0
        ? 'no message'
        : `a message that is not among those known (${length} characters, which may quote a record)`);
  }

  /** The words as they came, for deciding by: a credential may be an ordinary word of them. Must go nowhere. */
  forJudging(): string {
    return this.#words;
  }

  /** The words without credentials. Must go nowhere but where the records themselves may stand. */
  forErrorLog(): string {
    return this.#cleaned;
  }

  toString(): string {
    return this.shape;
  }

  toJSON(): string {
    return this.shape;
  }
}
