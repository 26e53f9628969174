import { SuperviseError } from '../../errors/supervise-error.js';
import type { Batch, PositionRange, SkippedRow } from '../../record/batch.js';
import { BatchCollector } from '../../record/batch-collector.js';
import { PackedBatch } from '../../record/packed-batch.js';
import { cellCount, sliceCells, textsOf, type PackedRecords } from '../../record/packed-cells.js';
import { PackedCollector } from '../../record/packed-collector.js';
import type { RecordCursor } from '../record-source.js';
import type { PartSequence } from './part-sequence.js';
import { PairReader, type RowPairs } from './pair-reader.js';

/** The slots of a reader's columns. */
export interface CellSlots {
  readonly value: number;
  readonly token: number;
  readonly key?: number | undefined;
}

interface CursorOptions {
  readonly vaultName: string;
  readonly data: PartSequence;
  readonly tokens: PartSequence | undefined;
  readonly slots: CellSlots;
  readonly maxBatchBytes?: number | undefined;
}

/** Keeps a batch small when row after row is skipped: no more than this beyond the records asked for. */
const MAX_SKIPPED_ROWS = 10_000;

const lookEveryMs = 1_000;

/**
 * Batches from the files of a pair. `#position` is the position of the next row; that row is row `#at` of
 * `#pairs`, or the first of the next pairs.
 */
export class PairCursor implements RecordCursor {
  readonly #options: CursorOptions;
  readonly #reader: PairReader;
  readonly #packed: PackedCollector;
  #pairs: RowPairs | undefined;
  #at = 0;
  #position = 0;
  #reading = false;
  #lookAfterMs = performance.now() + lookEveryMs;

  constructor(options: CursorOptions) {
    this.#options = options;
    const { vaultName, data, tokens, slots } = options;
    this.#packed = new PackedCollector(options.maxBatchBytes ?? Infinity);
    this.#reader = new PairReader({ vaultName, data, tokens, keySlot: slots.key });
  }

  async read(within: PositionRange, maxRecords: number): Promise<Batch | undefined> {
    if (this.#reading) throw new SuperviseError('internal', 'a cursor was read twice at the same time');
    this.#reading = true;
    try {
      if (performance.now() >= this.#lookAfterMs) await this.#look();
      if (within.start > this.#position) await this.#passOver(within.start);
      const batch = await this.#take(within.end, maxRecords);
      if (batch === undefined) await this.#look();
      return batch;
    } finally {
      this.#reading = false;
    }
  }

  async close(): Promise<void> {
    await this.#options.data.close();
    await this.#options.tokens?.close();
  }

  async #passOver(start: number): Promise<void> {
    if (start > this.#position + this.#left) await this.#jump(start);
    while (this.#position < start) {
      const pairs = await this.#current();
      if (pairs === undefined) return;
      this.#step(Math.min(pairs.rows - this.#at, start - this.#position));
    }
  }

  async #jump(start: number): Promise<void> {
    const position = await this.#reader.jump(start);
    if (position === undefined) return;
    this.#position = position;
    this.#pairs = undefined;
  }

  async #take(end: number, maxRecords: number): Promise<Batch | undefined> {
    const start = this.#position;
    const limit = Math.min(end, start + maxRecords + MAX_SKIPPED_ROWS);
    const packed = this.#packed;
    // Of a reading that has failed.
    packed.clear();
    let isFull = false;
    while (!isFull && this.#position < limit && packed.count < maxRecords) {
      const pairs = this.#currentNow() ?? (await this.#current());
      if (pairs === undefined) break;
      const rows = Math.min(pairs.rows - this.#at, limit - this.#position, maxRecords - packed.count);
      const records = this.#packedRows(pairs, rows);
      if (records === undefined) return this.#takeTexts({ start, end: limit }, maxRecords);
      const taken = packed.add(records);
      isFull = taken < cellCount(records.values);
      this.#step(taken);
    }
    if (this.#position === start) return undefined;
    return new PackedBatch({ start, end: this.#position }, packed.take());
  }

  /** The same where rows are strings, or may be skipped: among records that are strings all of them are. */
  async #takeTexts({ start, end: limit }: PositionRange, maxRecords: number): Promise<Batch> {
    const batch = new BatchCollector(this.#options.maxBatchBytes ?? Infinity);
    const { values, tokens } = batch;
    const skipped: SkippedRow[] = [];
    const before = this.#packed.take();
    const [someValues, someTokens] = [textsOf(before.values), textsOf(before.tokens)];
    for (const [at, value] of someValues.entries()) batch.add(value, someTokens[at] ?? '');
    let plain = true;
    let isFull = false;
    while (!isFull && this.#position < limit && values.length < maxRecords) {
      const pairs = this.#currentNow() ?? (await this.#current());
      if (pairs === undefined) break;
      plain &&= pairs.data.block.plain && pairs.tokens.block.plain;
      const rows = Math.min(pairs.rows - this.#at, limit - this.#position);
      const { value: valueSlot, token: tokenSlot } = this.#options.slots;
      const valueCells = pairs.data.block.columns[valueSlot] ?? [];
      const tokenCells = pairs.tokens.block.columns[tokenSlot] ?? [];
      const firstValue = pairs.data.from + this.#at;
      const firstToken = pairs.tokens.from + this.#at;
      let row = 0;
      for (; row < rows && values.length < maxRecords; row += 1) {
        const value = valueCells[firstValue + row] ?? '';
        const token = tokenCells[firstToken + row] ?? '';
        if (value !== '' && token !== '') {
          isFull = !batch.add(value, token);
          if (isFull) break;
        } else {
          const position = this.#position + row;
          skipped.push({ position, reason: value === '' ? 'empty_value' : 'empty_token' });
        }
      }
      this.#step(row);
    }
    return { start, end: this.#position, values, tokens, skipped, plain };
  }

  /** The next rows of the present pairs, where both cells are bytes. */
  #packedRows({ data, tokens }: RowPairs, rows: number): PackedRecords | undefined {
    const { value, token } = this.#options.slots;
    const [values, others] = [data.block.packed, tokens.block.packed];
    if (value !== 0 || token !== 0 || values === undefined || others === undefined) return undefined;
    const [firstValue, firstToken] = [data.from + this.#at, tokens.from + this.#at];
    return {
      values: sliceCells(values, firstValue, firstValue + rows),
      tokens: sliceCells(others, firstToken, firstToken + rows),
    };
  }

  /** Rows of the present pairs that were not taken. */
  get #left(): number {
    return this.#pairs === undefined ? 0 : this.#pairs.rows - this.#at;
  }

  #step(rows: number): void {
    this.#at += rows;
    this.#position += rows;
  }

  async #current(): Promise<RowPairs | undefined> {
    if (this.#left === 0) {
      this.#pairs = await this.#reader.next();
      this.#at = 0;
    }
    return this.#pairs;
  }

  /** The same without waiting; undefined says nothing. */
  #currentNow(): RowPairs | undefined {
    if (this.#left === 0) {
      this.#pairs = this.#reader.nextNow();
      this.#at = 0;
    }
    return this.#pairs;
  }

  /** Whether what was read, and mostly sent, still stands in the files. A look that takes long is not soon repeated. */
  async #look(): Promise<void> {
    const startedMs = performance.now();
    await this.#options.data.look();
    await this.#options.tokens?.look();
    const endedMs = performance.now();
    this.#lookAfterMs = endedMs + Math.max(lookEveryMs, 10 * (endedMs - startedMs));
  }
}
