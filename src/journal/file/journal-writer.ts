import { SuperviseError } from '../../errors/supervise-error.js';
import type { DurableFile } from '../durable-file.js';
import type { WritableLine } from '../journal-line.js';
import { defect } from '../storage-error.js';
import { formatFileLine } from './file-line.js';
import type { LogMark } from './log-checksum.js';
import type { JournalChain } from '../journal-chain.js';
import type { JournalHead } from './journal-head.js';

/** Lines that somebody waits for. */
interface Gathered {
  readonly lines: readonly WritableLine[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Appends lines to a journal, whole or not at all. After an error it refuses everything with that same error. */
export class JournalWriter {
  readonly #file: DurableFile;
  readonly #head: JournalHead;
  readonly #chain: JournalChain;
  /** Up to where the lines have settled the error log. */
  #log: LogMark;
  #refusal: SuperviseError | undefined;
  /** No row from here on is reserved in any line that was written. */
  #reservedTo: number;
  #turn: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  /** What goes with the next write. */
  #gathered: Gathered[] = [];

  constructor(parts: {
    readonly file: DurableFile;
    readonly head: JournalHead;
    readonly chain: JournalChain;
    readonly log: LogMark;
    readonly reservedTo: number;
  }) {
    this.#file = parts.file;
    this.#head = parts.head;
    this.#chain = parts.chain;
    this.#log = parts.log;
    this.#reservedTo = parts.reservedTo;
  }

  get isBroken(): boolean {
    return this.#refusal !== undefined;
  }

  /** In one synchronous write, behind what was gathered. `log`: the error log is settled up to there now. */
  write(lines: readonly WritableLine[], log = this.#log): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    try {
      this.refuseIfBroken();
      let text = '';
      for (const { lines: before } of gathered) text += this.#seal(before, this.#log);
      this.#append(text + this.#seal(lines, log));
    } catch (error) {
      for (const { failed } of gathered) failed(error);
      throw error;
    }
    this.#log = log;
    for (const { done } of gathered) done();
  }

  /**
   * In one write with all others of this turn of the event loop: resolves when they stand there. Of many answers that come at
   * once each would cost a write otherwise.
   */
  gather(lines: readonly WritableLine[]): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#gathered.push({ lines, done, failed }) === 1) setImmediate(() => this.#writeGathered());
    });
  }

  /** That any line up to here is missing would be noticed, as long as the machine runs. */
  witness(): void {
    try {
      this.#head.witness(this.#chain.mark);
    } catch (error) {
      throw this.breakWith(error);
    }
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

  async #makeDurable(): Promise<void> {
    this.#writeGathered();
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

  #seal(lines: readonly WritableLine[], log: LogMark): string {
    let text = '';
    for (const line of lines) {
      text += this.#chain.seal(formatFileLine(line, log));
      if (line.kind === 'reserve') this.#reservedTo = Math.max(this.#reservedTo, line.range.end);
    }
    return text;
  }

  #append(text: string): void {
    const { length } = this.#file;
    try {
      this.#file.append(text);
    } catch (error) {
      this.#cutBackTo(length);
      throw this.breakWith(error);
    }
  }

  /** Whoever waits for it hears of an error. */
  #writeGathered(): void {
    if (this.#gathered.length === 0) return;
    try {
      this.write([]);
    } catch {
      // Told.
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
