import type { Batch, PositionRange, SkippedRow } from '../../record/batch.js';
import { BatchCollector } from '../../record/batch-collector.js';
import type { RecordCursor } from '../record-source.js';
import type { ExpiryWatch } from './expiry-watch.js';
import type { DriverRow } from './load-driver.js';
import type { RowFeed } from './row-feed.js';
import type { SessionKeeper } from './session-keeper.js';
import type { Snapshot } from './snapshot.js';

export interface SnowflakeCursorOptions {
  readonly vaultName: string;
  readonly keeper: SessionKeeper;
  readonly snapshot: Snapshot;
  /** The rows of the snapshot that the source consists of: position 0 is row `slice.start`. */
  readonly slice: PositionRange;
  /** Rows that may be read ahead, or read and passed over, rather than opening the result again. */
  readonly fetchSize: number;
  readonly watchdogMs: number;
  readonly maxBatchBytes?: number | undefined;
  /** Chunk URLs live for 6 hours: a feed is replaced before that. */
  readonly reopenAfterMs: number;
  readonly expiry: ExpiryWatch | undefined;
  readonly signal: AbortSignal;
}

/** Keeps a batch small when row after row is skipped: no more than this beyond the records asked for. */
const maxSkippedRows = 10_000;

/**
 * Batches from a snapshot. `#row` is the number of the next row in the snapshot, whatever feed it comes from: when a
 * feed fails, the next one is opened at that row, in a new session if need be, and the batch goes on growing.
 */
export class SnowflakeCursor implements RecordCursor {
  readonly #options: SnowflakeCursorOptions;
  #row: number;
  #feed: RowFeed | undefined;
  #feedOpenedMs = 0;
  /** Taken from the feed, from `#row` on, and not handed out yet. */
  #waiting: DriverRow[] = [];

  constructor(options: SnowflakeCursorOptions) {
    this.#options = options;
    this.#row = options.slice.start;
  }

  async read(within: PositionRange, maxRecords: number): Promise<Batch | undefined> {
    const { slice, expiry } = this.#options;
    const end = Math.min(slice.start + within.end, slice.end);
    await this.#moveTo(Math.min(slice.start + within.start, slice.end), end);
    const first = this.#row;
    const limit = Math.min(end, first + maxRecords + maxSkippedRows);
    const batch = new BatchCollector(this.#options.maxBatchBytes ?? Infinity);
    const { values, tokens } = batch;
    const skipped: SkippedRow[] = [];
    let isFull = false;
    while (!isFull && this.#row < limit && values.length < maxRecords) {
      const position = this.#row - slice.start;
      const rows = await this.#nextRows(Math.min(maxRecords - values.length, limit - this.#row), end);
      for (const [index, row] of rows.entries()) {
        const [value, token] = row;
        if (isText(value) && isText(token)) {
          isFull = !batch.add(value, token);
          if (isFull) {
            this.#putBack(rows.slice(index));
            break;
          }
        } else {
          skipped.push({ position: position + index, reason: isText(value) ? 'empty_token' : 'empty_value' });
        }
      }
    }
    if (this.#row === first) return undefined;
    expiry?.read(this.#row - first, slice.end - this.#row);
    return { start: first - slice.start, end: this.#row - slice.start, values, tokens, skipped };
  }

  close(): Promise<void> {
    this.#closeFeed();
    return Promise.resolve();
  }

  async #moveTo(row: number, end: number): Promise<void> {
    if (row - this.#row > this.#options.fetchSize || this.#feed === undefined) {
      if (row <= this.#row) return;
      this.#closeFeed();
      this.#row = row;
    }
    while (this.#row < row) await this.#nextRows(row - this.#row, end);
  }

  /** At least one row; the caller knows that there is one. */
  async #nextRows(maxRows: number, end: number): Promise<readonly DriverRow[]> {
    const { keeper, snapshot, signal } = this.#options;
    for (;;) {
      try {
        if (performance.now() - this.#feedOpenedMs > this.#options.reopenAfterMs) this.#closeFeed();
        this.#feed ??= await this.#openFeed(end);
        const rows =
          this.#waiting.length > 0 ? this.#waiting.splice(0, maxRows) : await this.#feed.take(maxRows);
        if (rows !== undefined) {
          keeper.progressed();
          this.#row += rows.length;
          return rows;
        }
        this.#closeFeed();
      } catch (error) {
        this.#closeFeed();
        await keeper.failed(
          error,
          { ...snapshot.reading, doing: `${snapshot.reading.doing} from row ${this.#row} on` },
          signal,
        );
      }
    }
  }

  #openFeed(end: number): Promise<RowFeed> {
    const { keeper, snapshot, slice, fetchSize, vaultName, watchdogMs, signal } = this.#options;
    const request = {
      vaultName,
      start: this.#row,
      // Not further than asked for: whoever wants 100 rows does not download what lies behind them.
      end: Math.min(slice.end, Math.max(end, this.#row + fetchSize)),
      watchdogMs,
      signal,
    };
    this.#feedOpenedMs = performance.now();
    return keeper.work(snapshot.reading, signal, (session) => snapshot.openFeed(session, request));
  }

  /** Rows that the batch has no room for: the next one begins with them. */
  #putBack(rows: readonly DriverRow[]): void {
    this.#row -= rows.length;
    this.#waiting.unshift(...rows);
  }

  #closeFeed(): void {
    this.#waiting = [];
    this.#feed?.close();
    this.#feed = undefined;
  }
}

function isText(cell: unknown): cell is string {
  return typeof cell === 'string' && cell !== '';
}
