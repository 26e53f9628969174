import type { WritableLine } from '../journal-line.js';
import type { ErrorLogFile } from './error-log-file.js';
import type { JournalWriter } from './journal-writer.js';

/** Lines with failures that wait for the error log. */
interface Waiting {
  readonly lines: readonly WritableLine[];
  readonly entries: readonly string[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Entries of one commit, in characters: bounds the memory and what a crash leaves to cut back. */
const MAX_COMMIT_CHARACTERS = 4 << 20;

/**
 * Writes what has failures, one commit at a time. The entries of all that wait go into the error log in one write and
 * one fdatasync; then their lines go into the journal in the same order, each with the place in the error log behind
 * its own last entry. So the place in the last line of a journal, cut anywhere, always divides the error log into what
 * is settled and what is not.
 */
export class FailureCommit {
  readonly #journal: JournalWriter;
  readonly #errorLog: ErrorLogFile;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(journal: JournalWriter, errorLog: ErrorLogFile) {
    this.#journal = journal;
    this.#errorLog = errorLog;
  }

  /** Resolves when `lines` stand in the journal, with `entries` durable in the error log before them. */
  add(lines: readonly WritableLine[], entries: readonly string[]): Promise<void> {
    return new Promise<void>((done, failed) => {
      this.#waiting.push({ lines, entries, done, failed });
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
      for (const { done, failed } of group) {
        if (refusal === undefined) done();
        else failed(refusal);
      }
    }
    this.#running = undefined;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    this.#journal.refuseIfBroken();
    const ends = await this.#errorLog.add(
      group.map(({ entries, lines }) => ({ entries, records: failedIn(lines) })),
    );
    for (const [index, { lines }] of group.entries()) this.#journal.write(lines, ends[index]);
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

function failedIn(lines: readonly WritableLine[]): number {
  return lines.reduce((sum, line) => sum + (line.kind === 'settle' ? line.failed : 0), 0);
}
