import { countSkipped, type Batch } from '../../record/batch.js';
import type { CellLengths, InputShape, RecordSource } from '../record-source.js';
import type { RowPairs } from './pair-reader.js';
import { RepeatedTokenCounter } from './repeated-tokens.js';

/** What the beginning of an input is like. */
export interface InputPreview {
  /** So many rows were read, */
  readonly rows: number;
  /** and there are no others. */
  readonly isWhole: boolean;
  readonly shape: InputShape;
}

/** Looks at the first rows of a source, as a load reads them. */
export async function previewRecords(
  source: Pick<RecordSource, 'open'>,
  mostRows: number,
  signal: AbortSignal,
): Promise<InputPreview> {
  const survey = new Survey();
  const cursor = await source.open(signal);
  try {
    for (let rows = 0; ;) {
      const batch = await cursor.read({ start: rows, end: mostRows }, mostRows);
      if (batch === undefined) return { rows, isWhole: rows < mostRows, shape: survey.shape };
      survey.addBatch(batch);
      rows = batch.end;
    }
  } finally {
    await cursor.close();
  }
}

/** Counts what records are like, in bounded memory. */
export class Survey {
  readonly #values = new LengthCount();
  readonly #tokens = new LengthCount();
  readonly #repeated = new RepeatedTokenCounter();
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
      else this.#addRecord(value, token);
    }
  }

  addBatch({ values, tokens, skipped }: Batch): void {
    for (const [at, value] of values.entries()) this.#addRecord(value, tokens[at] ?? '');
    const { empty_value: emptyValues = 0, empty_token: emptyTokens = 0 } = countSkipped(skipped);
    this.#emptyValues += emptyValues;
    this.#emptyTokens += emptyTokens;
  }

  get shape(): InputShape {
    return {
      records: this.#values.count,
      skipped: { empty_value: this.#emptyValues, empty_token: this.#emptyTokens },
      values: this.#values.lengths,
      tokens: this.#tokens.lengths,
      repeatedTokens: this.#repeated.result,
    };
  }

  #addRecord(value: string, token: string): void {
    this.#values.add(value.length);
    this.#tokens.add(token.length);
    this.#repeated.add(token);
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
