import { createHmac, randomBytes } from 'node:crypto';
import type { SkipReason } from '../../record/batch.js';
import type { RowPairs } from './pair-reader.js';

/** Lengths of cells, in characters. */
export interface CellLengths {
  readonly shortest: number;
  readonly longest: number;
  readonly mean: number;
}

/** What the records of an input are like; nothing of what stands in them. */
export interface InputShape {
  /** Rows with a value and a token. */
  readonly records: number;
  readonly skipped: Readonly<Record<Exclude<SkipReason, 'already_there'>, number>>;
  /** Undefined without records. */
  readonly values: CellLengths | undefined;
  readonly tokens: CellLengths | undefined;
  /** Tokens that stand there more than once, among so many records from the beginning. */
  readonly repeatedTokens: { readonly count: number; readonly among: number };
}

/** Tokens that are told apart: 16 MB of hashes. */
const maxTokens = 1_000_000;
const slots = 2 ** 21;

/**
 * Counts what records are like, in bounded memory. A token is known again by 48 bits of its HMAC under a key of the moment:
 * among a million of them two are taken for one in one check of 500.
 */
export class Survey {
  readonly #key = randomBytes(32);
  readonly #seen = new Float64Array(slots);
  readonly #values = new LengthCount();
  readonly #tokens = new LengthCount();
  #repeated = 0;
  #among = 0;
  #emptyValues = 0;
  #emptyTokens = 0;

  /** `cells`: where value and token stand in the blocks. */
  add({ rows, data, tokens }: RowPairs, cells: { readonly value: number; readonly token: number }): void {
    const valueCells = data.block.columns[cells.value] ?? [];
    const tokenCells = tokens.block.columns[cells.token] ?? [];
    for (let row = 0; row < rows; row += 1) {
      const value = valueCells[data.from + row] ?? '';
      const token = tokenCells[tokens.from + row] ?? '';
      if (value === '') this.#emptyValues += 1;
      else if (token === '') this.#emptyTokens += 1;
      else {
        this.#values.add(value.length);
        this.#tokens.add(token.length);
        if (this.#among < maxTokens) this.#note(token);
      }
    }
  }

  get shape(): InputShape {
    return {
      records: this.#values.count,
      skipped: { empty_value: this.#emptyValues, empty_token: this.#emptyTokens },
      values: this.#values.lengths,
      tokens: this.#tokens.lengths,
      repeatedTokens: { count: this.#repeated, among: this.#among },
    };
  }

  #note(token: string): void {
    this.#among += 1;
    const digest = createHmac('sha256', this.#key).update(token).digest();
    // Never zero, which an empty slot is.
    const mark = digest.readUIntBE(0, 6) + 1;
    let at = digest.readUInt32BE(6) % slots;
    for (; this.#seen[at] !== 0; at = (at + 1) % slots) {
      if (this.#seen[at] !== mark) continue;
      this.#repeated += 1;
      return;
    }
    this.#seen[at] = mark;
  }
}

class LengthCount {
  count = 0;
  #shortest = Infinity;
  #longest = 0;
  #sum = 0;

  add(length: number): void {
    this.count += 1;
    this.#sum += length;
    if (length < this.#shortest) this.#shortest = length;
    if (length > this.#longest) this.#longest = length;
  }

  get lengths(): CellLengths | undefined {
    if (this.count === 0) return undefined;
    return { shortest: this.#shortest, longest: this.#longest, mean: this.#sum / this.count };
  }
}
