import { thrownFinding, type Finding } from '../finding.js';
import { LineError, type BadLine, type OnBadLine } from './file-errors.js';
import type { FilePart, PartList } from './file-part.js';
import type { OpenPart } from './row-reader.js';

/** So many bad lines are named of the files of one column. */
const mostNamed = 10;

/** What is wrong with one file by itself. */
export interface FileFaults {
  readonly path: string;
  /** The first ones. */
  readonly badLines: readonly BadLine[];
  /** More lines are bad than these. */
  readonly hasMore: boolean;
  /** What the reading ended with, before the end of the file. */
  readonly end: unknown;
}

/** How far files are read: all of their rows, if nothing is said. */
export interface FaultLimits {
  readonly mostRows?: number | undefined;
}

/** Reads the files of a column, each by itself, for all that is wrong with them; those in order are left out. */
export async function findFaults(
  { parts }: Pick<PartList, 'parts'>,
  opener: (onBadLine: OnBadLine) => OpenPart,
  { signal, ...limits }: FaultLimits & { readonly signal: AbortSignal },
): Promise<FileFaults[]> {
  const found: FileFaults[] = [];
  let left = mostNamed;
  let badLines: BadLine[] = [];
  const open = opener((line) => {
    if (badLines.length === left) throw new Enough();
    badLines.push(line);
  });
  for (const part of parts) {
    badLines = [];
    const { end, hasOpened } = await readThrough(open, part, limits);
    signal.throwIfAborted();
    if (badLines.length > 0 || end !== undefined) {
      const hasMore = end instanceof Enough;
      found.push({ path: part.path, badLines, hasMore, end: hasMore ? undefined : end });
    }
    left -= badLines.length + (end === undefined ? 0 : 1);
    // What later parts are is told by the first one.
    if (left <= 0 || (!hasOpened && part === parts[0])) break;
  }
  return found;
}

class Enough extends Error {}

async function readThrough(
  open: OpenPart,
  part: FilePart,
  { mostRows = Infinity }: FaultLimits,
): Promise<{ readonly end: unknown; readonly hasOpened: boolean }> {
  let hasOpened = false;
  try {
    const reader = await open(part, 0);
    hasOpened = true;
    try {
      while (reader.rows < mostRows && (await reader.next()) !== undefined);
    } finally {
      await reader.close();
    }
    return { end: undefined, hasOpened };
  } catch (error) {
    return { end: error, hasOpened };
  }
}

/** In words: lines that have the same problem together. */
export function describeFaults(subject: string, { path, badLines, hasMore, end }: FileFaults): Finding[] {
  const named: Finding[] = [];
  for (const { problem, hint } of badLines) {
    const message = `${path}, ${linesOf(badLines.filter((line) => line.problem === problem))}: ${problem}`;
    if (!named.some((finding) => finding.message === message))
      named.push({ status: 'bad', subject, message, hint });
  }
  const [lastNamed] = badLines.slice(-1);
  const more: Finding = {
    status: 'not_checked',
    subject,
    message: `${path}: what follows line ${lastNamed?.place.line ?? 1}, where more lines are bad`,
  };
  return [...named, ...(hasMore ? [more] : []), ...(end === undefined ? [] : [endOf(subject, end)])];
}

function linesOf(lines: readonly BadLine[]): string {
  const numbers = lines.map(({ place }) => String(place.line));
  const last = numbers.pop() ?? '';
  return numbers.length === 0 ? `line ${last}` : `lines ${numbers.join(', ')} and ${last}`;
}

function endOf(subject: string, end: unknown): Finding {
  const finding = thrownFinding(end, subject);
  return end instanceof LineError
    ? { ...finding, message: `${finding.message}; nothing after it could be read` }
    : finding;
}
