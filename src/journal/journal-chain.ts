import { crc32 } from 'node:zlib';

/** A place in a journal: how many lines there are up to it, and the checksum of the last of them. */
export interface ChainMark {
  readonly sequence: number;
  readonly checksum: number;
}

/** The place before the first line. */
export const CHAIN_START: ChainMark = { sequence: 0, checksum: 0 };

/** A line that holds: what it says, and where it stands. */
export interface IntactLine extends ChainMark {
  readonly body: string;
  /** False: written by version 0.1, whose lines know nothing of each other. */
  readonly isLinked: boolean;
}

/** ` 5d0b21aa` at the end of each line. */
const CHECKSUM_LENGTH = 9;

/**
 * The lines of one journal, one behind the other: each carries its number and a checksum over itself, the checksum of
 * the line before and that of the header. So a line that is changed, missing, doubled, moved or another journal's is
 * noticed, and so is the line after it. As text: `BODY NUMBER CHECKSUM`, the checksum as 8 hex digits.
 *
 * A journal of version 0.1 (`BODY CHECKSUM`, each line for itself) is read as it is and goes on in this form; from the
 * first linked line on, all must be.
 */
export class JournalChain {
  #mark: ChainMark;
  #seed: number | undefined;
  #isLinked = false;

  /** `seed` is the checksum of the header, when the chain is taken up behind it. */
  constructor(mark = CHAIN_START, seed?: number) {
    this.#mark = mark;
    this.#seed = seed;
  }

  /** The last line. */
  get mark(): ChainMark {
    return this.#mark;
  }

  /** Whether all lines so far, and at least one, are those of version 0.1. */
  get isOfOldFormat(): boolean {
    return !this.#isLinked && this.#mark.sequence > 0;
  }

  /** The next line as text, line end included. */
  seal(body: string): string {
    const text = `${body} ${this.#mark.sequence + 1}`;
    const checksum = linkOf(text, this.#mark.checksum, this.#seed ?? 0);
    this.#isLinked = true;
    this.#advance({ sequence: this.#mark.sequence + 1, checksum });
    return `${text} ${toHex(checksum)}\n`;
  }

  /** What the next line says, `line` being without its line end; undefined when it is not the next line, intact. */
  take(line: Buffer): string | undefined {
    const { sequence, checksum } = this.#mark;
    const linked = readLinked(line, checksum, this.#seed ?? 0);
    if (linked?.sequence === sequence + 1) {
      this.#isLinked = true;
      this.#advance(linked);
      return linked.body;
    }
    const plain = this.#isLinked ? undefined : readPlain(line, sequence + 1);
    if (plain !== undefined) this.#advance(plain);
    return plain?.body;
  }

  #advance({ sequence, checksum }: ChainMark): void {
    this.#mark = { sequence, checksum };
    this.#seed ??= checksum;
  }
}

/** A linked line that follows one with the checksum `before`; undefined when it is not one. */
export function readLinked(line: Buffer, before: number, seed: number): IntactLine | undefined {
  const checksum = storedChecksum(line);
  const text = line.subarray(0, line.length - CHECKSUM_LENGTH);
  if (checksum === undefined || linkOf(text, before, seed) !== checksum) return undefined;
  const found = /^(.*) (\d{1,15})$/s.exec(text.toString('utf8'));
  if (found === null) return undefined;
  return { body: found[1] ?? '', sequence: Number(found[2]), checksum, isLinked: true };
}

/** A line of version 0.1; undefined when it is not one. */
export function readPlain(line: Buffer, sequence: number): IntactLine | undefined {
  const checksum = storedChecksum(line);
  const text = line.subarray(0, line.length - CHECKSUM_LENGTH);
  if (checksum === undefined || text.length === 0 || crc32(text) !== checksum) return undefined;
  return { body: text.toString('utf8'), sequence, checksum, isLinked: false };
}

/** The checksum that a line ends with, right or wrong; undefined when it ends with none. */
export function storedChecksum(line: Buffer): number | undefined {
  const text = line.toString('latin1', Math.max(0, line.length - CHECKSUM_LENGTH));
  return /^ [0-9a-f]{8}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}

export function toHex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

function linkOf(text: string | Buffer, before: number, seed: number): number {
  return (crc32(text, before) ^ seed) >>> 0;
}
