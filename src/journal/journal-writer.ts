import { SuperviseError } from '../errors/supervise-error.js';
import type { DurableFile } from './durable-file.js';
import { formatLine, type JournalLine } from './journal-line.js';
import type { LedgerState } from './ledger-state.js';

export type WritableLine = Exclude<JournalLine, { kind: 'unknown' }>;

/**
 * Appends lines to a journal and applies them to the state once they stand there, so that the state in memory
 * always is the state of the file. After an error it refuses everything with that same error.
 */
export class JournalWriter {
  readonly state: LedgerState;
  readonly #file: DurableFile;
  #refusal: SuperviseError | undefined;

  constructor(file: DurableFile, state: LedgerState) {
    this.#file = file;
    this.state = state;
  }

  get isBroken(): boolean {
    return this.#refusal !== undefined;
  }

  /** Throws a defect when `line` cannot follow the lines before it. */
  check(line: WritableLine): void {
    const objection = this.state.objection(line);
    if (objection !== undefined) throw defect(objection);
  }

  /** Lines that were checked, in one synchronous write. */
  write(lines: readonly WritableLine[]): void {
    let text = '';
    for (const line of lines) text += formatLine(line);
    this.#append(text);
    for (const line of lines) this.state.apply(line);
  }

  /** Applies the line only when it is on the disk. */
  async writeThrough(line: WritableLine): Promise<void> {
    this.#append(formatLine(line));
    await this.sync();
    this.state.apply(line);
  }

  /** Resolves when what was written before would survive a power failure. */
  async sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      // After a failed fdatasync the system may have dropped the pages: asking again would prove nothing.
      throw this.breakWith(error);
    }
    this.refuseIfBroken();
  }

  /** From now on everything is refused, with this error or the one that came before it. */
  breakWith(error: unknown): SuperviseError {
    this.#refusal ??= error instanceof SuperviseError ? error : defect(String(error));
    return this.#refusal;
  }

  refuseIfBroken(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #append(text: string): void {
    this.refuseIfBroken();
    const { length } = this.#file;
    try {
      this.#file.append(text);
    } catch (error) {
      this.#cutBackTo(length);
      throw this.breakWith(error);
    }
  }

  /** Best effort: a torn line that stays is dropped when the ledger is opened again. */
  #cutBackTo(length: number): void {
    try {
      this.#file.truncate(length);
    } catch {
      // What is reported is the error of the write.
    }
  }
}

/** A mistake of the caller, which would make the journal say what is not so. */
export function defect(message: string): SuperviseError {
  return new SuperviseError('internal', `journal: ${message}`);
}
