import { formatCount } from '../../report/format-numbers.js';
import type { RecordCursor, RecordSource } from '../record-source.js';
import { ConflictSpill } from './conflict-spill.js';

/** Pairs that contradict each other: a vault holds one token for a value, and one value under a token. */
export interface Conflicts {
  readonly valuesWithSeveralTokens: number;
  readonly tokensWithSeveralValues: number;
}

const batchRecords = 10_000;

/** Counts the conflicts among all rows of a source, in bounded memory; what it spills into `folder` is gone afterwards. */
export async function countConflicts(
  cursor: Pick<RecordCursor, 'read'>,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): Promise<Conflicts> {
  const spill = new ConflictSpill(folder);
  try {
    for (let start = 0; ;) {
      signal.throwIfAborted();
      const batch = await cursor.read({ start, end: Infinity }, batchRecords);
      if (batch === undefined) break;
      for (const [at, value] of batch.values.entries()) spill.add(value, batch.tokens[at] ?? '');
      start = batch.end;
    }
    return {
      valuesWithSeveralTokens: await spill.count('value', signal),
      tokensWithSeveralValues: await spill.count('token', signal),
    };
  } finally {
    spill.close();
  }
}

/** The same of the files of a vault, in words for people. */
export async function reportConflicts(
  files: RecordSource,
  options: {
    readonly folder: string;
    readonly signal: AbortSignal;
    readonly notice: (message: string) => void;
  },
): Promise<void> {
  const cursor = await files.open(options.signal);
  try {
    const { valuesWithSeveralTokens, tokensWithSeveralValues } = await countConflicts(cursor, options);
    options.notice(
      `conflicting pairs: ${formatCount(valuesWithSeveralTokens)} values with several tokens, ${formatCount(tokensWithSeveralValues)} tokens with several values`,
    );
  } finally {
    await cursor.close();
  }
}
