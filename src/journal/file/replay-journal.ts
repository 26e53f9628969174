import type { FileHandle } from 'node:fs/promises';
import { JournalChain, type ChainMark } from '../journal-chain.js';
import type { HeadReading } from './journal-head.js';
import type { JournalLine } from '../journal-line.js';
import { LogAccount, parseFileLine } from './file-line.js';
import { readLines } from './journal-lines.js';
import { damaged, REPAIR } from '../storage-error.js';

export interface Replay {
  /** What the lines say of the error log. */
  readonly log: LogAccount;
  /** Takes up behind the last line that counts. */
  readonly chain: JournalChain;
  /** Where the lines that count end. Bytes behind it are the torn end of a crash and count for nothing. */
  readonly intactBytes: number;
  /** Whether no line that was ever written is missing: what was handed out is known, not only what was reserved. */
  readonly isWhole: boolean;
}

export interface ReplayOptions {
  /** Is given each line; why it cannot follow those before it, or undefined. */
  readonly take: (line: JournalLine) => string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a journal from its beginning, a chunk at a time, beside what its head said before.
 *
 * The lines up to the head's mark were made durable before anything was done on the strength of them: one of them that
 * is bad or missing, or is not the one that the head knows, is damage, a storage error with file and line. Behind the
 * mark the first bad line ends the journal, whatever follows it: that is what a crash leaves. No row reserved behind
 * it was sent, and rows settled behind it are merely in doubt again.
 *
 * A journal of version 0.1 has no head: there a bad line is torn when no intact one follows, else it is damage.
 */
export async function replayJournal(
  file: string,
  handle: FileHandle,
  head: HeadReading | undefined,
  { take, signal }: ReplayOptions,
): Promise<Replay> {
  const log = new LogAccount();
  const chain = new JournalChain();
  const durable = head?.durable ?? NONE;
  const isKnown = (mark: ChainMark | undefined): boolean =>
    mark?.sequence === chain.mark.sequence && mark.checksum === chain.mark.checksum;
  let intactBytes = 0;
  let lineNumber = 0;
  let badLine: number | undefined;
  let isWitnessed = isKnown(head?.witnessed);
  for await (const bytes of readLines(file, handle, signal)) {
    lineNumber += 1;
    const body = bytes.isComplete ? chain.take(bytes.line) : undefined;
    if (body === undefined) {
      if (lineNumber <= durable.sequence) throw damaged(file, `line ${lineNumber} is not intact`, REPAIR);
      badLine ??= lineNumber;
      if (head !== undefined) break;
      continue;
    }
    if (badLine !== undefined) {
      throw damaged(file, `line ${badLine} is not intact, but line ${lineNumber} after it is`, REPAIR);
    }
    if (head === undefined && !chain.isOfOldFormat) {
      throw damaged(file, 'its head, the file beside it that ends in .head, is missing', REPAIR);
    }
    if (lineNumber === durable.sequence && !isKnown(durable)) {
      throw damaged(file, `line ${lineNumber} is not the one that its head names`, REPAIR);
    }
    const found = parseFileLine(body);
    const objection = log.take(found) ?? take(found.line);
    if (objection !== undefined) throw damaged(file, `line ${lineNumber}: ${objection}`, REPAIR);
    intactBytes += bytes.line.length + 1;
    isWitnessed ||= isKnown(head?.witnessed);
  }
  if (chain.mark.sequence < durable.sequence) {
    throw damaged(
      file,
      `it ends behind line ${chain.mark.sequence}, but ${durable.sequence} were on the disk`,
      REPAIR,
    );
  }
  return { log, chain, intactBytes, isWhole: isWitnessed };
}

const NONE: ChainMark = { sequence: 0, checksum: 0 };
