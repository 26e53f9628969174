import { open, stat } from 'node:fs/promises';
import { StoredFile } from '../fingerprints/stored-file.js';
import type { FileState } from '../fingerprints/piece-table.js';
import { readFailure } from './file-errors.js';
import { describeParts, type FilePart, type PartList } from './file-part.js';
import type { RowBlock } from './row-block.js';
import type { OpenPart, PartReader } from './row-reader.js';

/** Warnings that are told one by one; of hundreds of parts all may have the same. */
const maxWarnings = 5;

/** A part that was read to its end, or passed over since it is known, as it was then. */
interface ReadPart {
  readonly part: FilePart;
  state: FileState;
}

/**
 * The rows of all parts, one part open at a time. Row numbers go on from part to part. Blank lines at the end of a part
 * are kept in `#blanks` until rows follow them: at the end of the last one they are nothing.
 */
export class PartSequence {
  readonly #list: PartList;
  readonly #open: OpenPart;
  readonly #signal: AbortSignal;
  readonly #warnings: string[] = [];
  #reader: PartReader | undefined;
  /** The part that is open, or was last. */
  #at = -1;
  /** Rows before it. */
  #before = 0;
  #rows = 0;
  #path: string;
  #blanks: { readonly part: FilePart; readonly isNew: boolean; readonly blocks: Iterable<RowBlock> }[] = [];
  #waiting: Generator<RowBlock, void, void> | undefined;
  #read: ReadPart[] = [];
  #looked = 0;
  #hasEnded = false;

  constructor(list: PartList, options: { readonly open: OpenPart; readonly signal: AbortSignal }) {
    this.#list = list;
    this.#open = options.open;
    this.#signal = options.signal;
    this.#path = list.parts[0].path;
  }

  /** All of it, in words. */
  get title(): string {
    return describeParts(this.#list);
  }

  get parts(): readonly FilePart[] {
    return this.#list.parts;
  }

  /** The file of the rows that were given out last. */
  get path(): string {
    return this.#path;
  }

  /** The number of the row that comes next, from 0. */
  get rows(): number {
    return this.#rows;
  }

  /** What is hardly meant in the rows so far, in words. */
  get warnings(): readonly string[] {
    const all = [...this.#warnings, ...(this.#reader?.warnings ?? [])];
    const more = all.length - maxWarnings;
    return more <= 1
      ? all
      : [...all.slice(0, maxWarnings), `${more} more warnings like these, of other parts`];
  }

  /** Opens the first part: its form is known then. */
  async begin(): Promise<void> {
    if (this.#reader === undefined) await this.#openPart(0, 0, 0);
  }

  /** Opens every part for a moment. */
  async openEach(): Promise<void> {
    for (const at of this.parts.keys()) await this.#openPart(at, 0, 0);
  }

  /** The next rows, never none; undefined at the end of the last part. */
  async next(): Promise<RowBlock | undefined> {
    for (;;) {
      const step = this.#waiting?.next();
      if (step !== undefined && step.done !== true) return this.#give(step.value);
      this.#waiting = undefined;
      if (this.#hasEnded) return undefined;
      if (this.#reader === undefined) await this.#openPart(this.#at + 1, 0, this.#before);
      const block = await this.#reader?.next();
      if (block === undefined) await this.#endPart();
      else if (this.#blanks.length === 0) return this.#give(block, this.#part?.path);
      else this.#waiting = this.#afterBlanks(block);
    }
  }

  /** The same without waiting, as nearly always; undefined says nothing. */
  nextNow(): RowBlock | undefined {
    if (this.#waiting !== undefined || this.#blanks.length > 0) return undefined;
    const block = this.#reader?.nextNow?.();
    return block && this.#give(block, this.#part?.path);
  }

  /** Goes on at a row or before it: parts whose rows are known are not opened. False when there is no short way. */
  async jump(row: number): Promise<boolean> {
    if (this.#reader === undefined || this.#waiting !== undefined || this.#hasEnded) return false;
    let at = this.#at;
    let before = this.#before;
    for (; at + 1 < this.parts.length; at += 1) {
      const { rows } = this.parts[at] ?? {};
      if (rows === undefined || before + rows > row) break;
      before += rows;
    }
    const isUntouched = this.#rows === this.#before && row > before;
    if (at === this.#at && !isUntouched) return false;
    for (const part of this.parts.slice(this.#at, at)) {
      if (part.table.seen !== undefined) this.#read.push({ part, state: part.table.seen });
    }
    await this.#openPart(at, row - before, before);
    return this.#rows > 0;
  }

  /** Throws `input_changed` when what has been read no longer stands in the files. */
  async look(): Promise<void> {
    await this.#reader?.look();
    // Hundreds of parts are looked at in turns; at the end, all of them.
    const turns = this.#hasEnded ? this.#read.length : Math.min(1, this.#read.length);
    for (let turn = 0; turn < turns; turn += 1) {
      const read = this.#read[this.#looked % this.#read.length];
      this.#looked += 1;
      if (read !== undefined) await this.#lookAgain(read);
    }
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }

  get #part(): FilePart | undefined {
    return this.parts[this.#at];
  }

  #give(block: RowBlock, path = this.#path): RowBlock {
    this.#path = path;
    this.#rows += block.rows;
    return block;
  }

  async #openPart(at: number, row: number, before: number): Promise<void> {
    await this.close();
    const part = this.parts[at];
    if (part === undefined) throw new RangeError(`there is no part ${at}`);
    this.#signal.throwIfAborted();
    const reader = await this.#open(part, row);
    this.#reader = reader;
    this.#at = at;
    this.#before = before;
    this.#rows = before + reader.rows;
    const { sizeBytes, modifiedAt } = reader.file;
    part.file ??= { sizeBytes, modifiedAt };
  }

  async #endPart(): Promise<void> {
    const [reader, part] = [this.#reader, this.#part];
    if (reader === undefined || part === undefined) return;
    const isNew = part.rows === undefined;
    part.rows ??= reader.rows;
    this.#hasEnded = part.isLast;
    if (this.#hasEnded) return;
    this.#blanks.push({ part, isNew, blocks: reader.lastBlanks() });
    this.#warnings.push(...reader.warnings);
    this.#read.push({ part, state: reader.file.state });
    this.#before += reader.rows;
    await this.close();
  }

  *#afterBlanks(block: RowBlock): Generator<RowBlock, void, void> {
    for (const { part, isNew, blocks } of this.#blanks) {
      this.#path = part.path;
      for (const blank of blocks) {
        if (isNew) part.rows = (part.rows ?? 0) + blank.rows;
        this.#before += blank.rows;
        yield blank;
      }
    }
    this.#blanks = [];
    this.#path = this.#part?.path ?? this.#path;
    yield block;
  }

  async #lookAgain(read: ReadPart): Promise<void> {
    const { path, table } = read.part;
    // What is gone cannot be another one.
    const now = await stat(path).catch(() => undefined);
    if (now === undefined || StoredFile.isSameState(read.state, now)) return;
    const onFailure = (error: unknown): Error => readFailure(path, error);
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw onFailure(error);
    });
    const file = await StoredFile.of(path, handle, { table, onFailure });
    try {
      await file.readWhole(this.#signal);
      read.state = file.state;
    } finally {
      await file.close();
    }
  }
}
