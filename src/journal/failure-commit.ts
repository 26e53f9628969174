import { RangeSet, type PositionSet } from '../record/range-set.js';
import type { ErrorLogFile } from './error-log-file.js';
import type { SettleLine } from './journal-line.js';
import type { JournalWriter } from './journal-writer.js';

/** A settlement with failures that waits for the error log. */
interface Waiting {
  readonly line: SettleLine;
  readonly entries: readonly string[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Entries of one commit, in characters: bounds the memory and what a crash leaves to cut back. */
const MAX_COMMIT_CHARACTERS = 4 << 20;

/**
 * Settles what has failures, one commit at a time. The entries of all settlements that wait go into the error log
 * in one write and one fdatasync; then their lines go into the journal in the same order, each with the length of
 * the error log up to its own last entry.
 */
export class FailureCommit {
  readonly #journal: JournalWriter;
  readonly #errorLog: ErrorLogFile;
  readonly #waiting: Waiting[] = [];
  readonly #ranges = new RangeSet();
  #running: Promise<void> | undefined;

  constructor(journal: JournalWriter, errorLog: ErrorLogFile) {
    this.#journal = journal;
    this.#errorLog = errorLog;
  }

  /** Rows that are being settled. */
  get ranges(): PositionSet {
    return this.#ranges;
  }

  /** Resolves when `line` stands in the journal, with `entries` durable in the error log before it. */
  add(line: SettleLine, entries: readonly string[]): Promise<void> {
    this.#ranges.add(line.range);
    return new Promise<void>((done, failed) => {
      this.#waiting.push({ line, entries, done, failed });
      this.#running ??= this.#commitAll();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      let refusal: unknown;
      try {
        await this.#commit(group);
      } catch (error) {
        refusal = this.#journal.breakWith(error);
      }
      for (const { line, done, failed } of group) {
        this.#ranges.remove(line.range);
        if (refusal === undefined) done();
        else failed(refusal);
      }
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    this.#journal.refuseIfBroken();
    const ends = await this.#errorLog.add(
      group.map(({ entries, line }) => ({ entries, records: line.failed })),
    );
    this.#journal.write(group.map(({ line }, index) => ({ ...line, logBytes: ends[index] ?? 0 })));
  }

  #takeGroup(): Waiting[] {
    let characters = 0;
    let count = 0;
    for (const { entries } of this.#waiting) {
      for (const entry of entries) characters += entry.length;
      if (count > 0 && characters > MAX_COMMIT_CHARACTERS) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
