import type { Readable } from 'node:stream';
import { formatCount } from '../../report/format-numbers.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { shownQueryId } from '../../outside/known-forms.js';
import { abortReason } from './call-driver.js';
import { StreamFailure } from './driver-failure.js';
import type { DriverRow, DriverStatement, DriverColumn } from './load-driver.js';

export interface RowFeedOptions {
  readonly vaultName: string;
  readonly statement: DriverStatement;
  /** Rows of the statement's result: `start` included, `end` excluded, and at least one. */
  readonly start: number;
  readonly end: number;
  readonly watchdogMs: number;
  readonly signal: AbortSignal;
}

/**
 * Rows of one result, pulled. The driver reads ahead as far as its stream's high-water mark and waits there. Rows are
 * handed out only while their numbers are the ones expected. `take` rejects with a StreamFailure when the driver
 * hangs, with the driver's error when it says that it failed, and with a SuperviseError `source` when rows are missing.
 */
export class RowFeed {
  readonly #options: RowFeedOptions;
  readonly #stream: Readable;
  readonly #order: RowOrder;
  #next: number;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(options: RowFeedOptions) {
    const { statement, start, end } = options;
    this.#options = options;
    this.#next = start;
    const [firstColumn] = statement.getColumns() ?? [];
    if (firstColumn === undefined) throw new StreamFailure('the result has no columns');
    this.#order = watchRowOrder(firstColumn, start);
    this.#stream = statement.streamRows({ start, end: end - 1 });
    const wake = () => this.#wake?.();
    this.#stream.on('readable', wake);
    this.#stream.on('end', () => {
      this.#ended = true;
      wake();
    });
    this.#stream.on('error', (error: Error) => {
      this.#error = error;
      wake();
    });
  }

  /** At least one row and at most `maxRows`; undefined when all rows have been handed out. */
  async take(maxRows: number): Promise<DriverRow[] | undefined> {
    if (this.#next === this.#options.end) return undefined;
    for (;;) {
      const rows = this.#readAvailable(Math.min(maxRows, this.#options.end - this.#next));
      if (rows.length > 0) return rows;
      if (this.#error !== undefined) throw this.#error;
      if (this.#order.brokenAt === this.#next || this.#ended) throw this.#rowsMissing();
      await this.#moreOrWatchdog();
    }
  }

  close(): void {
    this.#stream.destroy();
  }

  #readAvailable(maxRows: number): DriverRow[] {
    const rows: DriverRow[] = [];
    const limit = Math.min(maxRows, (this.#order.brokenAt ?? Infinity) - this.#next);
    while (rows.length < limit) {
      const row: unknown = this.#stream.read();
      if (row === null) break;
      // The number of this very row was seen before it came into the stream's buffer.
      if (this.#order.brokenAt !== undefined && this.#order.brokenAt <= this.#next + rows.length) break;
      rows.push(Array.isArray(row) ? row : []);
    }
    this.#next += rows.length;
    return rows;
  }

  async #moreOrWatchdog(): Promise<void> {
    const { signal, watchdogMs } = this.#options;
    signal.throwIfAborted();
    let watchdog: NodeJS.Timeout | undefined;
    let leave: () => void = () => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        leave = () => reject(abortReason(signal));
        signal.addEventListener('abort', leave, { once: true });
        watchdog = setTimeout(() => {
          reject(new StreamFailure(`no row came for ${watchdogMs / 1000} seconds`));
        }, watchdogMs);
      });
    } finally {
      this.#wake = undefined;
      clearTimeout(watchdog);
      signal.removeEventListener('abort', leave);
    }
  }

  #rowsMissing(): SuperviseError {
    const { vaultName, statement, end } = this.#options;
    return new SuperviseError(
      'source',
      `vault ${vaultName}: rows of the result are missing: it has ${formatCount(statement.getNumRows())} rows, and row ${formatCount(this.#next)} ` +
        `(counted from 0, of those up to ${formatCount(end)}) did not come (query ${shownQueryId(statement.getQueryId())})`,
      {
        hint: 'Snowflake delivered a part of the result short. No row after it was sent: go on with `resume`.',
      },
    );
  }
}

/**
 * Follows the row numbers of the driver while it hands out cells of one column. In array mode it leaves them out of
 * the rows, yet only they tell when a chunk holds fewer rows than it should: the rows after it would take the
 * positions of those that are missing. `brokenAt` is the first position that has another row than its own.
 */
interface RowOrder {
  readonly brokenAt: number | undefined;
}

/** Watches a column from row `start` on. Throws SuperviseError `internal` for a driver without row numbers. */
function watchRowOrder(column: DriverColumn, start: number): RowOrder {
  const order: { brokenAt: number | undefined } = { brokenAt: undefined };
  const readCell: unknown = Reflect.get(column, '_getRowValue');
  if (typeof readCell !== 'function') throw unsupported();
  let expected = start;
  Reflect.set(column, '_getRowValue', (row: unknown): unknown => {
    const rowIndex: unknown =
      typeof row === 'object' && row !== null ? Reflect.get(row, 'rowIndex') : undefined;
    if (typeof rowIndex !== 'number') throw unsupported();
    if (rowIndex !== expected) order.brokenAt ??= expected;
    expected += 1;
    const cell: unknown = Reflect.apply(readCell, column, [row]);
    return cell;
  });
  return order;
}

function unsupported(): SuperviseError {
  return new SuperviseError(
    'internal',
    'this version of snowflake-sdk does not number the rows of a result',
    {
      hint: 'Install the version of snowflake-sdk that this program was released with.',
    },
  );
}
