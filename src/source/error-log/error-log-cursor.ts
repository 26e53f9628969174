import type { LoggedRecord } from '../../journal/error-log-entry.js';
import { readErrorLog, type RawLogEntry } from '../../journal/read-error-log.js';
import type { RecordOpener } from '../../privacy/record-opener.js';
import type { Batch, PositionRange, SkippedRow } from '../../record/batch.js';
import type { PieceTable } from '../pieces/piece-table.js';
import type { RecordCursor } from '../record-source.js';
import { openLog } from './open-log.js';
import { mayBeInVault } from './may-be-in-vault.js';
import { isOf, type WantedVault } from './wanted-vault.js';

/** A log, and what it held when it was inspected. */
export interface InspectedLog {
  readonly path: string;
  readonly table: PieceTable;
}

export interface ErrorLogCursorOptions {
  readonly vault: WantedVault;
  readonly logs: readonly InspectedLog[];
  /** Position of the first record that may be in the vault; the number of records when there is none. */
  readonly firstDoubtful: number;
  /** Gives the records their values and tokens. */
  readonly opener: RecordOpener;
  readonly signal: AbortSignal;
}

type Portion = readonly LoggedRecord[];

/**
 * Reads the logs twice: the records that are certainly not in the vault, then those that may be; a reader who wants
 * only the latter is spared the first pass. Holds one entry at a time.
 */
export class ErrorLogCursor implements RecordCursor {
  readonly #options: ErrorLogCursorOptions;
  #pass: 'certain' | 'doubtful' = 'certain';
  #entries: AsyncGenerator<Portion>;
  #portion: Portion = [];
  #at = 0;
  /** Of the next record. */
  #position = 0;

  constructor(options: ErrorLogCursorOptions) {
    this.#options = options;
    this.#entries = this.#readPass('certain');
  }

  async read(within: PositionRange, maxRecords: number): Promise<Batch | undefined> {
    const { firstDoubtful } = this.#options;
    if (this.#pass === 'certain' && within.start >= firstDoubtful) await this.#beginDoubtful();
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
    const values: string[] = [];
    const tokens: string[] = [];
    const skipped: SkippedRow[] = [];
    while (this.#position < end && values.length < maxRecords && skipped.length < maxSkipped) {
      if (!(await this.#fill())) break;
      const { value, token } = this.#portion[this.#at] ?? { value: '', token: '' };
      // The replaced loader never sent such a row either; a log that was edited by hand may hold one.
      if (value === '') skipped.push({ position: this.#position, reason: 'empty_value' });
      else if (token === '') skipped.push({ position: this.#position, reason: 'empty_token' });
      else {
        values.push(value);
        tokens.push(token);
      }
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
      } else if (this.#pass === 'certain') {
        await this.#beginDoubtful();
      } else return false;
    }
    return true;
  }

  #step(records: number): void {
    this.#at += records;
    this.#position += records;
  }

  async #beginDoubtful(): Promise<void> {
    await this.#entries.return(undefined);
    this.#pass = 'doubtful';
    this.#entries = this.#readPass('doubtful');
    this.#portion = [];
    this.#at = 0;
    this.#position = this.#options.firstDoubtful;
  }

  async *#readPass(pass: 'certain' | 'doubtful'): AsyncGenerator<Portion> {
    const { vault, logs, opener, signal } = this.#options;
    for (const { path, table } of logs) {
      const { rawEntries } = await readErrorLog(path, { signal, open: () => openLog(path, table) });
      const wanted = select(
        rawEntries,
        (entry) => isOf(vault, entry.vault) && mayBeInVault(factsOf(entry)) === (pass === 'doubtful'),
      );
      for await (const { records } of opener.open(path, wanted)) yield records;
    }
  }
}

async function* select<T>(all: AsyncIterable<T>, isWanted: (one: T) => boolean): AsyncGenerator<T> {
  for await (const one of all) if (isWanted(one)) yield one;
}

function factsOf({ raw }: RawLogEntry): Parameters<typeof mayBeInVault>[0] {
  return { reason: raw.reason, statusCode: raw.status_code };
}

/** Bounds a batch that consists of skipped records. */
const maxSkipped = 10_000;
