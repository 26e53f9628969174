import type { Batch, PositionRange } from '../../src/record/batch.js';
import { packedOf } from '../../src/record/packed-batch.js';
import { spanBytes } from '../../src/record/packed-cells.js';
import type { RecordCursor } from '../../src/source/record-source.js';

export interface BatchReaderOptions {
  readonly cursor: RecordCursor;
  /** What to read, ascending and disjoint; the last one may be open-ended (`end: Infinity`). */
  readonly ranges: Iterable<PositionRange>;
  /** Records per batch; asked before each read, because a vault's limit may fall on the way. */
  readonly batchSize: () => number;
  /** Awaited before a batch of the range `within` is handed out: its rows stand reserved in the journal afterwards. Undefined: they do, or need not. */
  readonly reserve?: (range: PositionRange, within: PositionRange) => Promise<void> | undefined;
  readonly onRead?: (durationMs: number) => void;
}

/** Values and tokens that are handed out at the same time, read ahead included: beyond it nothing is read. */
const maxBytesInFlight = 64 * 2 ** 20;

/**
 * Hands out batches to many workers, one read at a time and only as fast as they ask: this is where back-pressure
 * comes from. Batches come in ascending order; undefined means that there is nothing left, for everyone. A batch counts
 * as in flight until `done` is called with it; one that is larger than all that may be in flight goes alone.
 */
export class BatchReader {
  readonly #options: BatchReaderOptions;
  readonly #ranges: Iterator<PositionRange>;
  #current: PositionRange | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #exhausted = false;
  /** End of the last batch handed out: no row at or beyond it was ever sent by this reader. */
  #dispatchedTo = 0;
  #inFlight = 0;
  #totalBytesInFlight = 0;
  #largestBatchBytes = 0;
  #onDone: (() => void) | undefined;

  constructor(options: BatchReaderOptions) {
    this.#options = options;
    this.#ranges = options.ranges[Symbol.iterator]();
  }

  get dispatchedTo(): number {
    return this.#dispatchedTo;
  }

  next(): Promise<Batch | undefined> {
    const read = (): Promise<Batch | undefined> => this.#read();
    const batch = this.#last.then(read, read);
    this.#last = batch;
    return batch;
  }

  /** The batch is settled, parked or given back: it takes no memory any more. */
  done(batch: Batch): void {
    this.#inFlight -= 1;
    this.#totalBytesInFlight -= lengthOf(batch);
    this.#onDone?.();
  }

  get #isFull(): boolean {
    return this.#inFlight > 0 && this.#totalBytesInFlight + this.#largestBatchBytes > maxBytesInFlight;
  }

  #took(batch: Batch): void {
    const bytes = lengthOf(batch);
    this.#inFlight += 1;
    this.#totalBytesInFlight += bytes;
    this.#largestBatchBytes = Math.max(this.#largestBatchBytes, bytes);
  }

  async #read(): Promise<Batch | undefined> {
    while (!this.#exhausted) {
      this.#current ??= this.#nextRange();
      if (this.#current === undefined) break;
      const range = this.#current;
      while (this.#isFull) await new Promise<void>((resolve) => (this.#onDone = resolve));
      this.#onDone = undefined;
      const startedMs = performance.now();
      const batch = await this.#options.cursor.read(range, this.#options.batchSize());
      this.#options.onRead?.(performance.now() - startedMs);
      if (batch === undefined) {
        this.#current = undefined;
        // An open-ended range without rows is the end of the source, and so is a bounded one cut short by it.
        continue;
      }
      this.#current = batch.end < range.end ? { start: batch.end, end: range.end } : undefined;
      this.#took(batch);
      const reserved = this.#options.reserve?.(batch, range);
      if (reserved !== undefined) await reserved;
      this.#dispatchedTo = batch.end;
      return batch;
    }
    this.#exhausted = true;
    return undefined;
  }

  #nextRange(): PositionRange | undefined {
    const next = this.#ranges.next();
    return next.done === true ? undefined : next.value;
  }
}

/** Of the records, in bytes or, which is hardly less, in characters. */
function lengthOf(batch: Batch): number {
  const packed = packedOf(batch);
  return packed === undefined
    ? textLength(batch.values) + textLength(batch.tokens)
    : spanBytes(packed.values) + spanBytes(packed.tokens);
}

function textLength(cells: readonly string[]): number {
  let length = 0;
  for (const cell of cells) length += cell.length;
  return length;
}
