import { SuperviseError } from '../errors/supervise-error.js';
import type { DurableFile } from './durable-file.js';
import type { JournalChain } from './journal-chain.js';
import type { JournalHead } from './journal-head.js';
import { formatBody, type WritableLine } from './journal-line.js';
import type { LedgerState } from './ledger-state.js';

/**
 * Appends lines to a journal and applies them to the state once they stand there, so that the state in memory
 * always is the state of the file. After an error it refuses everything with that same error.
 */
export class JournalWriter {
  readonly state: LedgerState;
  readonly #file: DurableFile;
  readonly #head: JournalHead;
  readonly #chain: JournalChain;
  #refusal: SuperviseError | undefined;
  /** No row from here on is reserved in any line that was written. */
  #reservedTo: number;
  #turn: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(parts: {
    readonly file: DurableFile;
    readonly head: JournalHead;
    readonly chain: JournalChain;
    readonly state: LedgerState;
    readonly reservedTo: number;
  }) {
    this.#file = parts.file;
    this.#head = parts.head;
    this.#chain = parts.chain;
    this.#reservedTo = parts.reservedTo;
    this.state = parts.state;
  }

  get isBroken(): boolean {
    return this.#refusal !== undefined;
  }

  /** Throws a defect when `line` cannot follow the lines before it. */
  check(line: WritableLine): void {
    const objection = this.state.objection(line);
    if (objection !== undefined) throw defect(objection);
  }

  /** The first lines of an opening, on the disk when it resolves. */
  async open(lines: readonly WritableLine[]): Promise<void> {
    await this.writeThrough(lines);
    this.writeWitnessed([]);
  }

  /** Lines that were checked, in one synchronous write. */
  write(lines: readonly WritableLine[]): void {
    this.#append(lines);
    for (const line of lines) this.state.apply(line);
  }

  /** The same; that the lines are missing would be noticed as long as the machine runs. */
  writeWitnessed(lines: readonly WritableLine[]): void {
    this.write(lines);
    try {
      this.#head.witness(this.#chain.mark);
    } catch (error) {
      throw this.breakWith(error);
    }
  }

  /** Applies the lines only when they are on the disk. */
  async writeThrough(lines: readonly WritableLine[]): Promise<void> {
    this.#append(lines);
    await this.sync();
    for (const line of lines) this.state.apply(line);
  }

  /** Resolves when what was written before would survive a power failure, and the head says so. */
  sync(): Promise<void> {
    // All that wait while one is under way share the next.
    this.#next ??= this.#turn.then(() => {
      this.#next = undefined;
      return this.#makeDurable();
    });
    this.#turn = this.#next.catch(() => undefined);
    return this.#next;
  }

  async #makeDurable(): Promise<void> {
    this.refuseIfBroken();
    const { mark } = this.#chain;
    const reservedTo = this.#reservedTo;
    try {
      await this.#file.sync();
      await this.#head.advance(mark, reservedTo);
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
    await Promise.all([this.#file.close(), this.#head.close()]);
  }

  #append(lines: readonly WritableLine[]): void {
    this.refuseIfBroken();
    let text = '';
    for (const line of lines) {
      text += this.#chain.seal(formatBody(line));
      if (line.kind === 'reserve') this.#reservedTo = Math.max(this.#reservedTo, line.range.end);
    }
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
