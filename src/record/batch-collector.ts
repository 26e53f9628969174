/**
 * The records of a batch as they come in, closed by bytes: `maxBytes` of values and tokens in UTF-8. A record that is
 * larger than that goes alone.
 */
export class BatchCollector {
  readonly values: string[] = [];
  readonly tokens: string[] = [];
  readonly #maxBytes: number;
  /** No character of a string takes more than three bytes: while they would fit, nobody counts. */
  #bytesAtMost = 0;
  #counted = 0;
  #countedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when the batch has no room left for the record. */
  add(value: string, token: string): boolean {
    const atMost = this.#bytesAtMost + 3 * (value.length + token.length);
    if (atMost > this.#maxBytes && this.values.length > 0) {
      if (this.#count() + recordBytes(value, token) > this.#maxBytes) return false;
    }
    this.#bytesAtMost = atMost;
    this.values.push(value);
    this.tokens.push(token);
    return true;
  }

  /** Counts each record once, whenever it is called. */
  #count(): number {
    for (; this.#counted < this.values.length; this.#counted += 1) {
      this.#countedBytes += recordBytes(this.values[this.#counted] ?? '', this.tokens[this.#counted] ?? '');
    }
    return this.#countedBytes;
  }
}

/** What a record takes on its way, without what stands around it in a request. */
export function recordBytes(value: string, token: string): number {
  return Buffer.byteLength(value) + Buffer.byteLength(token);
}
