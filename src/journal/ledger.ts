import type { PositionRange } from '../record/batch.js';
import { RangeSet, type PositionSet } from '../record/range-set.js';
import { errorLogEntries, type LocateRow, type RecordProtection } from '../error-log/error-log-format.js';
import type { DoubtNote, SettleLine, WritableLine } from './journal-line.js';
import type { AppendOptions, JournalStore } from './journal-store.js';
import {
  isHeld,
  type LedgerHeader,
  type LedgerInputs,
  type LedgerQuery,
  type LedgerTotals,
  type Settlement,
} from './ledger-contract.js';
import type { LedgerState } from './ledger-state.js';
import { defect } from './storage-error.js';

/**
 * The journal and the error log of one vault, open for writing, whatever store they are in. Get one from `openLedger`.
 * Its state is what stands in the store: a line is applied when its append is done.
 *
 * After an append that fails, the ledger refuses everything with that same error: what is stored is what is known, and
 * opening the ledger again is the way on.
 */
export class Ledger {
  /** Reserved, neither settled nor released, when the ledger was opened: the vault has to be asked. */
  readonly inDoubt: PositionSet;
  readonly #header: LedgerHeader;
  readonly #store: JournalStore;
  readonly #state: LedgerState;
  readonly #protect: RecordProtection | undefined;
  #locate: LocateRow | undefined;
  /** Rows that are being settled. */
  readonly #settling = new RangeSet();
  #batchNumber: number;
  #refusal: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: {
    readonly header: LedgerHeader;
    readonly store: JournalStore;
    readonly state: LedgerState;
    readonly protect?: RecordProtection | undefined;
  }) {
    this.#protect = parts.protect;
    this.#header = parts.header;
    this.#store = parts.store;
    this.#state = parts.state;
    this.#batchNumber = this.#state.settlements;
    this.inDoubt = this.#state.inDoubt({ isWhole: true });
  }

  /** Has the error log say where rows stand, besides their positions. */
  locateBy(locate: LocateRow): void {
    this.#locate = locate;
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
  get inputs(): LedgerInputs | undefined {
    return this.#state.inputs;
  }

  /** The error log; undefined while nothing has failed. */
  get errorLogFile(): string | undefined {
    return this.#store.errorLog;
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
    await this.#append([{ kind: 'query', query }], { durability: 'durable' });
  }

  /** Notes what the source is, durable when it resolves; anew only while no row has been reserved. */
  async recordInputs(inspection: LedgerInputs): Promise<void> {
    this.#admit();
    if (this.inputs !== undefined && this.hasBegun) throw defect('the inputs are recorded already');
    await this.#append([{ kind: 'inputs', inspection }], { durability: 'durable' });
  }

  /** The positions that the ledger covers, as recorded last; undefined while nobody knows where the source ends. */
  get extent(): PositionRange | undefined {
    return this.#state.extent;
  }

  /**
   * Notes the positions that the ledger covers, durable when it resolves; they may grow, since a limit can be raised.
   * `end` is undefined while nobody knows where the source ends.
   */
  async recordExtent({ start, end }: { start: number; end: number | undefined }): Promise<void> {
    this.#admit();
    if (this.extent?.end === end && (end === undefined || this.extent?.start === start)) return;
    const line: WritableLine = { kind: 'extent', start, end };
    const objection = this.#state.objection(line);
    if (objection !== undefined) throw defect(objection);
    await this.#append([line], { durability: 'durable' });
  }

  /**
   * Announces that rows of `range` may be sent: durable when it resolves, and only then may they be. With `ahead` none
   * of them is, until it is handed out.
   */
  async reserve(range: PositionRange, { ahead = false } = {}): Promise<void> {
    this.#admit(range);
    await this.#append([{ kind: 'reserve', range, ahead }], { durability: 'durable' });
  }

  /** Announces that rows of `range`, reserved ahead, may be sent: now, or when it resolves. */
  handOut(range: PositionRange): Promise<void> | undefined {
    this.#admit(range);
    return this.#append([{ kind: 'handed', range }], { durability: 'witnessed' });
  }

  /** Rows in doubt that the vault took under tokens of its own. */
  get foreign(): PositionSet {
    return this.#state.foreign;
  }

  /** How many records the vault holds under tokens of its own, failed ones included. */
  get foreignCount(): number {
    return this.#state.foreignCount;
  }

  /** Rows in doubt that were sent before anybody knew whether the vault keeps tokens. */
  get unproven(): PositionSet {
    return this.#state.unproven;
  }

  /** Rows in doubt whose tokens the vault did not hold before they were sent, as far as it was asked. */
  get alone(): PositionSet {
    return this.#state.alone;
  }

  /** Notes what is known of rows in doubt, or that will be, durable when it resolves: what their tokens prove. */
  async noteDoubt(kind: DoubtNote, ranges: Iterable<PositionRange>): Promise<void> {
    const lines = [...ranges].map((range) => ({ kind, range }));
    for (const { range } of lines) this.#admit(range);
    if (lines.length > 0) await this.#append(lines, { durability: 'durable' });
  }

  /** The vault may have any row that is not settled: the journal does not know any more how far the run had got. */
  get mayHaveSentAll(): boolean {
    const { repair } = this.#state;
    return repair !== undefined && repair.sentBelow === undefined;
  }

  /** Takes a reservation back: those rows of `range` that are not settled are certainly not in the vault. */
  async release(range: PositionRange): Promise<void> {
    this.#admit(range);
    await this.#append([{ kind: 'release', range }], { durability: 'loose' });
  }

  /** Settles reserved rows, once. Resolves when that stands in the journal, and rejects when it does not. */
  async settle(settlement: Settlement): Promise<void> {
    const { range } = settlement;
    this.#admit(range);
    const isClean = settlement.failures.length === 0;
    const entries = isClean ? [] : this.#entriesOf(settlement);
    const line = this.#lineOf(settlement, entries.length);
    const objection = this.#state.objection(line);
    if (objection !== undefined) throw defect(objection);
    this.#batchNumber += 1;
    this.#settling.add(range);
    try {
      await this.#append([line], { durability: 'loose', entries });
    } finally {
      this.#settling.remove(range);
    }
  }

  /** Waits for settlements under way, makes everything durable and gives the lock up. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#store.close();
    return this.#closing;
  }

  /** Applies the lines when they are there; undefined when that is now. */
  #append(lines: readonly WritableLine[], options: AppendOptions): Promise<void> | undefined {
    let pending: Promise<void> | undefined;
    try {
      pending = this.#store.append(lines, options);
    } catch (error) {
      throw this.#refuseWith(error);
    }
    if (pending === undefined) {
      for (const line of lines) this.#state.apply(line);
      return undefined;
    }
    return pending.then(
      () => {
        for (const line of lines) this.#state.apply(line);
      },
      (error: unknown) => {
        throw this.#refuseWith(error);
      },
    );
  }

  #refuseWith(error: unknown): Error {
    this.#refusal ??= error instanceof Error ? error : defect(String(error));
    return this.#refusal;
  }

  #lineOf({ range, uploaded, confirmed, skipped, failures }: Settlement, entries: number): SettleLine {
    const failed = failures.length;
    const held = failures.filter(isHeld).length;
    return { kind: 'settle', range, uploaded, confirmed, skipped, failed, held, entries };
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
      locate: this.#locate,
    });
  }

  /** Whether anything may be done now, and anything with `range`. */
  #admit(range?: PositionRange): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (this.#closing !== undefined) throw defect('it is closed');
    if (range === undefined) return;
    const { start, end } = range;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
      throw defect(`${start}-${end} is not a range of rows`);
    }
    if (this.#settling.overlaps(range)) throw defect(`rows ${start}-${end} are being settled`);
  }
}

function isInside(position: number, { start, end }: PositionRange): boolean {
  return Number.isSafeInteger(position) && position >= start && position < end;
}
