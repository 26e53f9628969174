import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** How a vault differs from the rows that should be in it. */
export interface Held {
  readonly missing: number;
  readonly doubled: number;
  /** Records that none of the rows stands for: pairs of others, and pairs that belong to nobody. */
  readonly foreign: number;
}

const rowsAtOnce = 50_000;

/** Writes the CSV pair of a column with the rows `from` to `to` (exclusive). */
export async function writeRows(folder: string, column: string, from: number, to: number): Promise<void> {
  for (const [file, header, cell] of [
    [`${column}_data.csv`, column, valueOf],
    [`${column}_tokens.csv`, `${column}_token`, tokenOf],
  ] as const) {
    await using out = await open(join(folder, file), 'w');
    await out.write(`${header}\n`);
    for (let start = from; start < to; start += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, to - start);
      await out.write(Array.from({ length: count }, (_, at) => `${cell(start + at)}\n`).join(''));
    }
  }
}

/** Counts records against the rows 0 to `rows` (exclusive), in a byte for each of them. */
export class RowCount {
  readonly #times: Uint8Array;
  #foreign = 0;

  constructor(rows: number) {
    this.#times = new Uint8Array(rows);
  }

  add(value: string, token: string): void {
    const row = Number(/^value (\d+)$/.exec(value)?.[1] ?? -1);
    const times = this.#times[row];
    if (times === undefined || token !== tokenOf(row)) this.#foreign += 1;
    else this.#times[row] = Math.min(255, times + 1);
  }

  get held(): Held {
    let [missing, doubled] = [0, 0];
    for (const times of this.#times) {
      if (times === 0) missing += 1;
      else doubled += times - 1;
    }
    return { missing, doubled, foreign: this.#foreign };
  }
}

const valueOf = (row: number): string => `value ${row}`;
const tokenOf = (row: number): string => `tok_${row}`;
