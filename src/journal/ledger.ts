import type { PositionRange } from '../record/batch.js';
import type { PositionSet } from '../record/range-set.js';
import type { SourceInspection } from '../source/record-source.js';
import type { ErrorLogFile } from './error-log-file.js';
import { errorLogEntries, type RecordProtection } from './error-log-format.js';
import { FailureCommit } from './failure-commit.js';
import type { SettleLine } from './journal-line.js';
import { defect, type JournalWriter } from './journal-writer.js';
import {
  isHeld,
  type LedgerHeader,
  type LedgerQuery,
  type LedgerTotals,
  type Settlement,
} from './ledger-contract.js';
import type { LedgerState } from './ledger-state.js';
import type { Lock } from './lock.js';

/**
 * The journal and the error log of one vault, open for writing. Get one from `openLedger`.
 *
 * A settlement without failures is one line, written synchronously: it waits for nobody. It carries the length of
 * the error log as far as the journal has settled it. Settlements with failures go through a `FailureCommit`. So
 * the length in the last line of a journal, cut anywhere, always divides the error log into what is settled and
 * what is not.
 *
 * After a write that fails, the ledger refuses everything with that same storage error: what is on disk is what is
 * known, and opening the ledger again is the way on.
 */
export class Ledger {
  /** Reserved, neither settled nor released, when the ledger was opened: the vault has to be asked. */
  readonly inDoubt: PositionSet;
  readonly #header: LedgerHeader;
  readonly #journal: JournalWriter;
  readonly #state: LedgerState;
  readonly #errorLog: ErrorLogFile;
  readonly #failures: FailureCommit;
  readonly #lock: Lock;
  readonly #protect: RecordProtection | undefined;
  #batchNumber: number;
  #closing: Promise<void> | undefined;

  constructor(parts: {
    readonly header: LedgerHeader;
    readonly journal: JournalWriter;
    readonly errorLog: ErrorLogFile;
    readonly lock: Lock;
    readonly protect?: RecordProtection | undefined;
  }) {
    this.#protect = parts.protect;
    this.#header = parts.header;
    this.#journal = parts.journal;
    this.#state = parts.journal.state;
    this.#errorLog = parts.errorLog;
    this.#failures = new FailureCommit(parts.journal, parts.errorLog);
    this.#lock = parts.lock;
    this.#batchNumber = this.#state.settlements;
    this.inDoubt = this.#state.inDoubt({ isWhole: true });
  }

  /** Every row with a settle line; grows as rows are settled. */
  get settled(): PositionSet {
    return this.#state.settled;
  }

  /** Cumulative over all openings of this ledger. */
  get totals(): LedgerTotals {
    return this.#state.totals;
  }

  /** What the source was when the run began; undefined until `recordInputs`. */
  get inputs(): SourceInspection | undefined {
    return this.#state.inputs;
  }

  /** The error log; undefined while nothing has failed. */
  get errorLogFile(): string | undefined {
    return this.#errorLog.exists ? this.#errorLog.path : undefined;
  }

  /** Whether rows may have been sent: from then on the source is what it was. */
  get hasBegun(): boolean {
    return this.#state.reserved.size > 0 || this.#state.settled.size > 0;
  }

  /** The query that this run has submitted last. */
  get query(): LedgerQuery | undefined {
    return this.#state.query;
  }

  /** Notes a submitted query, durable when it resolves. */
  async recordQuery(query: LedgerQuery): Promise<void> {
    this.#admit();
    await this.#journal.writeThrough([{ kind: 'query', query }]);
  }

  /** Notes what the source is, durable when it resolves; anew only while no row has been reserved. */
  async recordInputs(inspection: SourceInspection): Promise<void> {
    this.#admit();
    if (this.inputs !== undefined && this.hasBegun) throw defect('the inputs are recorded already');
    await this.#journal.writeThrough([{ kind: 'inputs', inspection }]);
  }

  /**
   * Announces that rows of `range` may be sent: durable when it resolves, and only then may they be. With `ahead` none
   * of them is, until it is handed out.
   */
  async reserve(range: PositionRange, { ahead = false } = {}): Promise<void> {
    this.#admit(range);
    await this.#journal.writeThrough([{ kind: 'reserve', range, ahead }]);
  }

  /** Announces that rows of `range`, which is reserved ahead, may be sent from now on. */
  handOut(range: PositionRange): void {
    this.#admit(range);
    this.#journal.writeWitnessed([{ kind: 'handed', range }]);
  }

  /** The vault may have any row that is not settled: the journal does not know any more how far the run had got. */
  get mayHaveSentAll(): boolean {
    const { repair } = this.#state;
    return repair !== undefined && repair.sentBelow === undefined;
  }

  /** Takes a reservation back: those rows of `range` that are not settled are certainly not in the vault. */
  release(range: PositionRange): void {
    this.#admit(range);
    this.#journal.write([{ kind: 'release', range }]);
  }

  /** Settles reserved rows, once. Resolves when that stands in the journal, and rejects when it does not. */
  settle(settlement: Settlement): Promise<void> {
    try {
      this.#admit(settlement.range);
      const isClean = settlement.failures.length === 0;
      const entries = isClean ? [] : this.#entriesOf(settlement);
      const line = this.#lineOf(settlement, entries.length);
      // The length that a line with failures will have is known when it is written: here, any longer one will do.
      this.#journal.check(isClean ? line : { ...line, logBytes: line.logBytes + 1 });
      this.#batchNumber += 1;
      if (!isClean) return this.#failures.add(line, entries);
      this.#journal.write([line]);
      return SETTLED;
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : defect(String(error)));
    }
  }

  /** Waits for settlements under way, makes everything durable and gives the lock up. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#failures.idle();
    try {
      if (!this.#journal.isBroken) await this.#journal.sync();
    } finally {
      await Promise.allSettled([this.#errorLog.close(), this.#journal.close()]);
      await this.#lock.release();
    }
  }

  #lineOf({ range, uploaded, confirmed, skipped, failures }: Settlement, entries: number): SettleLine {
    const failed = failures.length;
    const held = failures.filter(isHeld).length;
    const { logBytes } = this.#state;
    return { kind: 'settle', range, uploaded, confirmed, skipped, failed, held, entries, logBytes };
  }

  #entriesOf({ range, failures }: Settlement): string[] {
    const positions = new Set(failures.map(({ position }) => position));
    if (positions.size < failures.length || failures.some(({ position }) => !isInside(position, range))) {
      throw defect(`a failure of rows ${range.start}-${range.end} lies outside of them, or is there twice`);
    }
    return errorLogEntries(failures, {
      batchNumber: this.#batchNumber + 1,
      header: this.#header,
      at: new Date(),
      protect: this.#protect,
    });
  }

  /** Whether anything may be done now, and anything with `range`. */
  #admit(range?: PositionRange): void {
    this.#journal.refuseIfBroken();
    if (this.#closing !== undefined) throw defect('it is closed');
    if (range === undefined) return;
    const { start, end } = range;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
      throw defect(`${start}-${end} is not a range of rows`);
    }
    if (this.#failures.ranges.overlaps(range)) throw defect(`rows ${start}-${end} are being settled`);
  }
}

const SETTLED = Promise.resolve();

function isInside(position: number, { start, end }: PositionRange): boolean {
  return Number.isSafeInteger(position) && position >= start && position < end;
}
