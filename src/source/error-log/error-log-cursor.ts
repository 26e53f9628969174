import type { LoggedRecord } from '../../error-log/error-log-entry.js';
import { readErrorLog, type RawLogEntry } from '../../error-log/read-error-log.js';
import type { RecordOpener } from '../../privacy/record-opener.js';
import type { Batch, PositionRange, SkippedRow } from '../../record/batch.js';
import { BatchCollector } from '../../record/batch-collector.js';
import type { PieceTable } from '../fingerprints/piece-table.js';
import type { RecordCursor } from '../record-source.js';
import { openLog } from './open-log.js';
import type { Standing } from '../../error-log/failure-reasons.js';
import { STANDINGS, standingOf } from './standing-of.js';
import { isOf, type WantedVault } from './error-log-settings.js';

/** A log, and what it held when it was inspected. */
export interface InspectedLog {
  readonly path: string;
  readonly table: PieceTable;
}

export interface ErrorLogCursorOptions {
  readonly vault: WantedVault;
  readonly logs: readonly InspectedLog[];
  /** How many records there are of each standing. */
  readonly counts: Readonly<Record<Standing, number>>;
  /** Gives the records their values and tokens. */
  readonly opener: RecordOpener;
  readonly maxBatchBytes?: number | undefined;
  readonly signal: AbortSignal;
}

type Portion = readonly LoggedRecord[];

/**
 * Reads the logs once for each standing of records, in order; passes without records that are wanted are spared.
 * Holds one entry at a time.
 */
export class ErrorLogCursor implements RecordCursor {
  readonly #options: ErrorLogCursorOptions;
  /** Of `STANDINGS`. */
  #pass = 0;
  #entries: AsyncGenerator<Portion>;
  #portion: Portion = [];
  #at = 0;
  /** Of the next record. */
  #position = 0;

  constructor(options: ErrorLogCursorOptions) {
    this.#options = options;
    this.#entries = this.#readPass('absent');
  }

  async read(within: PositionRange, maxRecords: number): Promise<Batch | undefined> {
    while (this.#pass < STANDINGS.length && within.start >= this.#endOf(this.#pass)) await this.#beginNext();
    while (this.#position < within.start) {
      if (!(await this.#fill())) return undefined;
      this.#step(Math.min(this.#portion.length - this.#at, within.start - this.#position));
    }
    return this.#take(within.end, maxRecords);
  }

  async close(): Promise<void> {
    await this.#entries.return(undefined);
  }

  async #take(end: number, maxRecords: number): Promise<Batch | undefined> {
    const start = this.#position;
    const batch = new BatchCollector(this.#options.maxBatchBytes ?? Infinity);
    const { values, tokens } = batch;
    const skipped: SkippedRow[] = [];
    while (this.#position < end && values.length < maxRecords && skipped.length < maxSkipped) {
      if (!(await this.#fill())) break;
      const { value, token } = this.#portion[this.#at] ?? { value: '', token: '' };
      // The replaced loader never sent such a row either; a log that was edited by hand may hold one.
      if (value === '') skipped.push({ position: this.#position, reason: 'empty_value' });
      else if (token === '') skipped.push({ position: this.#position, reason: 'empty_token' });
      else if (!batch.add(value, token)) break;
      this.#step(1);
    }
    return this.#position === start ? undefined : { start, end: this.#position, values, tokens, skipped };
  }

  /** True when there is a record to take; false at the end. */
  async #fill(): Promise<boolean> {
    while (this.#at >= this.#portion.length) {
      const next = await this.#entries.next();
      if (next.done !== true) {
        this.#portion = next.value;
        this.#at = 0;
      } else if (this.#pass < STANDINGS.length) {
        await this.#beginNext();
      } else return false;
    }
    return true;
  }

  #step(records: number): void {
    this.#at += records;
    this.#position += records;
  }

  async #beginNext(): Promise<void> {
    await this.#entries.return(undefined);
    this.#position = this.#endOf(this.#pass);
    this.#pass += 1;
    const standing = STANDINGS[this.#pass];
    this.#entries = standing === undefined ? none() : this.#readPass(standing);
    this.#portion = [];
    this.#at = 0;
  }

  /** Where the records of a pass end. */
  #endOf(pass: number): number {
    return STANDINGS.slice(0, pass + 1).reduce((sum, standing) => sum + this.#options.counts[standing], 0);
  }

  async *#readPass(standing: Standing): AsyncGenerator<Portion> {
    const { vault, logs, opener, signal } = this.#options;
    for (const { path, table } of logs) {
      const { rawEntries } = await readErrorLog(path, { signal, open: () => openLog(path, table) });
      const wanted = select(
        rawEntries,
        (entry) => isOf(vault, entry.vault) && standingOf(factsOf(entry)) === standing,
      );
      for await (const { records } of opener.open(path, wanted)) yield records;
    }
  }
}

async function* none(): AsyncGenerator<Portion> {
  // There is nothing behind the last pass.
}

async function* select<T>(all: AsyncIterable<T>, isWanted: (one: T) => boolean): AsyncGenerator<T> {
  for await (const one of all) if (isWanted(one)) yield one;
}

function factsOf({ raw }: RawLogEntry): Parameters<typeof standingOf>[0] {
  return { reason: raw.reason, foreign: raw.foreign === true, statusCode: raw.status_code };
}

/** Bounds a batch that consists of skipped records. */
const maxSkipped = 10_000;
