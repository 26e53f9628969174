import { factsOf } from '../deliver/failure-facts.js';
import type { FailureFacts, Part } from '../deliver/part.js';
import type { JudgedAnswer, LookupAnswer } from '../../src/vault/vault-client.js';
import type { PositionRange } from '../../src/record/batch.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';

/** What looking came to, by index among the open records of the part. */
export interface MismatchedRecords {
  /** `open`: to be told only by whoever knows which tokens are repeated, or not at present. */
  readonly verdicts: ReadonlyMap<number, FailureFacts | 'open'>;
  /** The positions of these. */
  readonly open: Iterable<PositionRange>;
  /** What stops the vault after them. */
  readonly error?: Error;
}

/**
 * Looks up, at once, the records that were taken and whose token did not come back, so that a crash finds them
 * settled: they must not be sent again. Those that are held under their own values, and those for which the vault cannot be
 * asked, are left to who knows whether the token may be another record's.
 */
export async function lookUpMismatched(
  part: Part,
  answer: JudgedAnswer,
  options: { readonly ask: (records: RecordColumns) => Promise<LookupAnswer> },
): Promise<MismatchedRecords> {
  const verdicts = new Map<number, FailureFacts | 'open'>();
  const { mismatched } = answer;
  if (mismatched.length === 0) return { verdicts, open: [] };
  const { values, tokens } = part.openRecords();
  const asked = {
    values: mismatched.map((index) => values[index] ?? ''),
    tokens: mismatched.map((index) => tokens[index] ?? ''),
  };
  let found: LookupAnswer | undefined;
  let error: Error | undefined;
  try {
    found = await options.ask(asked);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error(String(thrown));
  }
  for (const [at, index] of mismatched.entries()) {
    const verdict = judgeMismatched(found, { at, value: asked.values[at] });
    verdicts.set(index, verdict === 'open' ? verdict : { ...factsOf(answer, verdict), ...verdict });
  }
  const open = part.openRanges(mismatched.filter((index) => verdicts.get(index) === 'open'));
  return { verdicts, open, ...(error === undefined ? {} : { error }) };
}

/**
 * Which of the refused records the vault holds all the same, by index among the open ones. An answer in which none of
 * the tokens comes back may be that of another request, in which others were refused; any other is known for its own.
 */
export async function findHeldRefused(
  part: Part,
  { failures, doubtful, mismatched }: JudgedAnswer,
  { ask }: { readonly ask: (records: RecordColumns) => Promise<LookupAnswer> },
): Promise<ReadonlySet<number>> {
  const isKnown = failures.length + doubtful.length + mismatched.length < part.openCount;
  if (failures.length === 0 || isKnown || part.effectUnknown) return new Set();
  const { values, tokens } = part.openRecords();
  const indexes = failures.map(({ index }) => index);
  const found = await ask({
    values: indexes.map((index) => values[index] ?? ''),
    tokens: indexes.map((index) => tokens[index] ?? ''),
  });
  // Where it may not be asked, what it says is all there is.
  if (found.kind !== 'found') return new Set();
  const isOwn = (index: number, at: number): boolean =>
    found.held[at] !== undefined && (!found.showsValues || found.held[at] === values[index]);
  return new Set(indexes.filter(isOwn));
}

/** What a record came to that the vault took without giving its token back. */
type MismatchVerdict = 'open' | Pick<FailureFacts, 'reason' | 'foreign' | 'message'>;

/**
 * Judges such a record by what the vault holds under the token that was sent. Whatever it is, the record is not sent
 * again: its value may stand under a token of the vault's own. `found` is absent when there was no answer.
 */
function judgeMismatched(
  found: LookupAnswer | undefined,
  { at, value }: { readonly at: number; readonly value: string | undefined },
): MismatchVerdict {
  if (found?.kind !== 'found') return 'open';
  const held = found.held[at];
  if (held === undefined) {
    return {
      reason: 'token_mismatch',
      message: 'the answer does not give its token back, and the vault does not hold it',
    };
  }
  if (found.showsValues && held !== value) {
    return {
      ...{ reason: 'token_conflict', foreign: true },
      message: 'the vault holds another value under this token',
    };
  }
  return 'open';
}
