import { basename } from 'node:path';
import { SuperviseError } from '../../errors/supervise-error.js';
import type { PartSequence } from './part-sequence.js';
import type { RowBlock } from './row-block.js';
import { formatCount } from '../../report/format-numbers.js';

/** Rows of one file, from row `from` of a block on. */
export interface RowRun {
  readonly path: string;
  readonly block: RowBlock;
  readonly from: number;
}

/** The same rows of the data files and of the token files. */
export interface RowPairs {
  readonly rows: number;
  readonly data: RowRun;
  readonly tokens: RowRun;
}

interface PairReaderOptions {
  readonly vaultName: string;
  readonly data: PartSequence;
  /** Undefined when one file holds both columns. */
  readonly tokens: PartSequence | undefined;
  /** The slot of both readers that must hold the same key in every row. */
  readonly keySlot?: number | undefined;
}

/**
 * Reads the files of a pair in step, row by row, so that a value never meets another row's token: a key that
 * differs or a file that ends before the other is an error.
 */
export class PairReader {
  readonly #options: PairReaderOptions;
  #data: RowRun | undefined;
  #tokens: RowRun | undefined;
  #failed: PartSequence | undefined;

  constructor(options: PairReaderOptions) {
    this.#options = options;
  }

  /** Whose rows could not be read. */
  get failed(): PartSequence | undefined {
    return this.#failed;
  }

  /** The next rows, never none; undefined when both files have ended. */
  async next(): Promise<RowPairs | undefined> {
    const { data, tokens } = this.#options;
    this.#data ??= await this.#nextOf(data);
    if (tokens !== undefined) this.#tokens ??= await this.#nextOf(tokens);
    const pairs = this.#pair();
    if (pairs !== undefined) return pairs;
    if (tokens === undefined) {
      assertRows(data);
      return undefined;
    }
    if (this.#data !== this.#tokens) await readOn(this.#data === undefined ? tokens : data);
    assertEqualRows(this.#options.vaultName, data, tokens);
    return undefined;
  }

  /** The same without waiting, as nearly always; undefined says nothing. */
  nextNow(): RowPairs | undefined {
    const { data, tokens } = this.#options;
    this.#data ??= this.#nextNowOf(data);
    if (this.#data === undefined) return undefined;
    if (tokens !== undefined) this.#tokens ??= this.#nextNowOf(tokens);
    return this.#pair();
  }

  /** Of the rows that are there of both. */
  #pair(): RowPairs | undefined {
    if (this.#data === undefined) return undefined;
    if (this.#options.tokens === undefined) {
      const run = this.#data;
      this.#data = undefined;
      return { rows: left(run), data: run, tokens: run };
    }
    if (this.#tokens === undefined) return undefined;
    const rows = Math.min(left(this.#data), left(this.#tokens));
    const pairs = { rows, data: this.#data, tokens: this.#tokens };
    const { keySlot } = this.#options;
    if (keySlot !== undefined) this.#compareKeys(pairs, keySlot);
    this.#data = advance(pairs.data, rows);
    this.#tokens = advance(pairs.tokens, rows);
    return pairs;
  }

  /**
   * Goes on at a row or before it, without reading what is known of the rows between; where it is then, or undefined
   * when there is no such short way.
   */
  async jump(row: number): Promise<number | undefined> {
    const { data, tokens } = this.#options;
    const behind = [data, tokens].filter((sequence) => sequence !== undefined && sequence.rows <= row);
    let hasMoved = false;
    for (const sequence of behind) if ((await sequence?.jump(row)) === true) hasMoved = true;
    if (!hasMoved) return undefined;
    const at = Math.max(...behind.map((sequence) => sequence?.rows ?? 0));
    this.#data = await runFrom(data, this.#data, at);
    if (tokens !== undefined) this.#tokens = await runFrom(tokens, this.#tokens, at);
    return at;
  }

  async #nextOf(sequence: PartSequence): Promise<RowRun | undefined> {
    try {
      return await nextRun(sequence);
    } catch (error) {
      this.#failed = sequence;
      throw error;
    }
  }

  #nextNowOf(sequence: PartSequence): RowRun | undefined {
    try {
      const block = sequence.nextNow();
      return block && { path: sequence.path, block, from: 0 };
    } catch (error) {
      this.#failed = sequence;
      throw error;
    }
  }

  #compareKeys({ rows, data, tokens }: RowPairs, slot: number): void {
    const dataKeys = data.block.columns[slot] ?? [];
    const tokenKeys = tokens.block.columns[slot] ?? [];
    for (let row = 0; row < rows; row += 1) {
      if (dataKeys[data.from + row] === tokenKeys[tokens.from + row]) continue;
      const [place, other] = [data, tokens].map(({ path, block, from }) => {
        const unit = block.hasLines === false ? 'row' : 'line';
        return `${path}, ${unit} ${block.lineOf(from + row)}`;
      });
      throw new SuperviseError('source', `${place ?? ''}: the key is not the one at ${other ?? ''}`, {
        hint: 'A row is missing or misplaced in one of the files: every later value would get the wrong token.',
      });
    }
  }
}

/** Throws when the files of a pair, read to their ends, are not equally long, or hold no row at all. */
export function assertEqualRows(vaultName: string, data: PartSequence, tokens: PartSequence): void {
  if (data.rows !== tokens.rows) {
    throw new SuperviseError(
      'source',
      `vault ${vaultName}: ${data.title} ${has(data)} ${formatCount(data.rows)} rows, ${tokens.title} ${has(tokens)} ${formatCount(tokens.rows)}${firstUnequal(data, tokens)}`,
      {
        hint:
          'Each value is paired with the token in the same row, so export both again together; ' +
          'blank lines at the end of a file are not rows (an empty last cell is written "").',
      },
    );
  }
  assertRows(data);
}

/** Throws when files, read to their ends, hold no row. */
export function assertRows(sequence: PartSequence): void {
  if (sequence.rows > 0) return;
  throw new SuperviseError('source', `${sequence.title} ${has(sequence)} no rows`, {
    hint: 'There is nothing to load: export it again, or leave the vault out with --vault.',
  });
}

/** Reads to the end, for the count. */
export async function readOn(sequence: PartSequence): Promise<void> {
  while ((sequence.nextNow() ?? (await sequence.next())) !== undefined);
}

function has({ parts }: PartSequence): string {
  return parts.length === 1 ? 'has' : 'have';
}

/** The first part that does not go with its like, which is mostly where the mistake is. */
function firstUnequal(data: PartSequence, tokens: PartSequence): string {
  if (data.parts.length === 1 || data.parts.length !== tokens.parts.length) return '';
  const at = data.parts.findIndex(({ rows }, index) => rows !== tokens.parts[index]?.rows);
  const [one, other] = [data.parts[at], tokens.parts[at]];
  if (one === undefined || other === undefined) return '';
  return `; the first parts that differ are ${basename(one.path)} (${one.rows}) and ${basename(other.path)} (${other.rows})`;
}

async function nextRun(sequence: PartSequence): Promise<RowRun | undefined> {
  const block = await sequence.next();
  return block && { path: sequence.path, block, from: 0 };
}

/** The rows from `row` on, of a sequence that has given out `held` last; undefined when it ends before them. */
async function runFrom(
  sequence: PartSequence,
  held: RowRun | undefined,
  row: number,
): Promise<RowRun | undefined> {
  let run = held;
  while (run === undefined || sequence.rows <= row) {
    run = await nextRun(sequence);
    if (run === undefined) return undefined;
  }
  return { ...run, from: run.block.rows - (sequence.rows - row) };
}

function left({ block, from }: RowRun): number {
  return block.rows - from;
}

function advance(run: RowRun, rows: number): RowRun | undefined {
  const { path, block, from } = run;
  return left(run) === rows ? undefined : { path, block, from: from + rows };
}
