import { hash } from 'node:crypto';

const WORD = 2 ** 32;
/** Sums of 32-bit words stay exact in a double for 2^21 additions; carries are taken well before. */
const CARRY_AFTER = 2 ** 20;

/**
 * An order-independent digest of a multiset of (value, token) pairs: the sum modulo 2^128 of the first 16 bytes
 * (big-endian) of SHA-256(value + "\0" + token), so that pairs can be taken out again and millions of them compared
 * without being sent.
 */
export class MultisetDigest {
  #count = 0;
  /** Most significant first; not yet carried. */
  readonly #words: [number, number, number, number] = [0, 0, 0, 0];
  #sinceCarry = 0;

  get count(): number {
    return this.#count;
  }

  add(value: string, token: string): void {
    this.#sum(value, token, 1);
  }

  /** Undoes one `add` of the same pair. */
  remove(value: string, token: string): void {
    this.#sum(value, token, -1);
  }

  /** Adds all pairs of another digest, given as its count and `hex()`. */
  merge(other: { readonly count: number; readonly digest: string }): void {
    for (const at of [0, 1, 2, 3] as const) {
      this.#words[at] += Number.parseInt(other.digest.slice(at * 8, at * 8 + 8), 16);
    }
    this.#count += other.count;
    this.#carry();
  }

  /** 32 hexadecimal digits; all zero for the empty multiset. */
  hex(): string {
    this.#carry();
    return this.#words.map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  #sum(value: string, token: string, sign: 1 | -1): void {
    const digits = hash('sha256', `${value}\0${token}`);
    const words = this.#words;
    words[0] += sign * Number.parseInt(digits.slice(0, 8), 16);
    words[1] += sign * Number.parseInt(digits.slice(8, 16), 16);
    words[2] += sign * Number.parseInt(digits.slice(16, 24), 16);
    words[3] += sign * Number.parseInt(digits.slice(24, 32), 16);
    this.#count += sign;
    this.#sinceCarry += 1;
    if (this.#sinceCarry === CARRY_AFTER) this.#carry();
  }

  #carry(): void {
    let carry = 0;
    for (const at of [3, 2, 1, 0] as const) {
      const sum = this.#words[at] + carry;
      carry = Math.floor(sum / WORD);
      this.#words[at] = sum - carry * WORD;
    }
    this.#sinceCarry = 0;
  }
}

/** Count and digest of pairs. */
export function digestPairs(pairs: Iterable<readonly [value: string, token: string]>): {
  readonly count: number;
  readonly digest: string;
} {
  const digest = new MultisetDigest();
  for (const [value, token] of pairs) digest.add(value, token);
  return { count: digest.count, digest: digest.hex() };
}
