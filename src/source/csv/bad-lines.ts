import { BadLine, type OnBadLine } from '../files/file-errors.js';
import type { RecordSpan } from './cut-records.js';
import { countNewlines } from './decode-text.js';
import type { RowSplitter } from './split-rows.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

interface Resumed {
  /** The physical line on which the parts begin, */
  readonly line: number;
  /** and the blank ones right before it. */
  readonly blanks: number;
  /** What reads from a line on. */
  readonly splitterAt: (line: number) => RowSplitter;
  readonly onBadLine: OnBadLine;
}

/**
 * Reads every record of these parts for itself, of which at least one is bad, and tells of the bad ones. Returns what goes
 * on behind them. Throws what leaves open where the next record begins.
 */
export function nameBadLines(
  parts: readonly RecordSpan[],
  { line: firstLine, blanks: held, splitterAt, onBadLine }: Resumed,
): RowSplitter {
  let line = firstLine - held;
  let blanks = held;
  const badLineAt = (from: number, record: RecordSpan): BadLine | undefined => {
    const splitter = splitterAt(from);
    pass(splitter, blankLines(line + blanks - from));
    const bad = badLineOf(splitter, record);
    if (bad !== undefined) onBadLine(bad);
    return bad;
  };
  const read = (record: RecordSpan): void => {
    const own = line + blanks;
    const bad = badLineAt(line, record);
    // A record behind blank lines that are bad is read without them.
    if (bad !== undefined && bad.place.line < own) badLineAt(own, record);
    line = own + Math.max(1, countNewlines(record.bytes));
    blanks = 0;
  };
  for (const part of parts) {
    for (const record of part.quoted ? [part] : linesOf(part.bytes)) {
      if (isBlank(record.bytes)) blanks += 1;
      else read(record);
    }
  }
  const next = splitterAt(line);
  pass(next, blankLines(blanks));
  return next;
}

function badLineOf(splitter: RowSplitter, record: RecordSpan): BadLine | undefined {
  try {
    pass(splitter, record);
    return undefined;
  } catch (error) {
    if (error instanceof BadLine) return error;
    throw error;
  }
}

function pass(splitter: RowSplitter, span: RecordSpan): void {
  if (span.bytes.length > 0) Array.from(splitter.split([span]));
}

function* linesOf(bytes: Buffer): Generator<RecordSpan, void, void> {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    yield { quoted: false, bytes: bytes.subarray(start, end) };
    start = end;
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes[0] === NEWLINE || (bytes[0] === CARRIAGE_RETURN && bytes[1] === NEWLINE);
}

function blankLines(count: number): RecordSpan {
  return { quoted: false, bytes: Buffer.alloc(count, NEWLINE) };
}
