import { recordPositions, type Batch, type PositionRange } from '../../src/record/batch.js';
import type { RecordCursor } from '../../src/source/record-source.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import type { FailureReason } from '../../src/error-log/failure-reasons.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import type { AbsenceDoubt } from './absence.js';
import type { Doubt } from './doubt.js';
import { Part, type FailureFacts } from '../deliver/part.js';

/** What to do with records that may be in the vault when it cannot be asked, or when asking cannot tell. */
export type InDoubtPolicy = 'hold' | 'send';

export interface DoubtOptions {
  readonly doubt: Doubt;
  readonly policy: InDoubtPolicy;
  /** Sending again is harmless (upsert): of lost rows nobody is asked. */
  readonly repeatable: boolean;
  /** False: it was tried often enough, and what the vault does not hold is held back. */
  readonly resend: boolean;
  /** Why it proves nothing that a token is not held: the rows may stand in the vault under other ones. */
  readonly absenceDoubt: AbsenceDoubt | undefined;
  /** Takes rows of which nothing can be told in this round. */
  readonly park: (range: PositionRange, doubt: Doubt) => void;
  readonly ask: (records: RecordColumns) => Promise<LookupAnswer>;
  /** Tokens that stand more than once in the source: looking cannot tell how often they were inserted. */
  readonly isRepeated: (token: string) => boolean;
  /** Rows of which an error log says that others have their tokens, or may have. */
  readonly isNotAlone: (position: number) => boolean;
  /** The vault does not hold the token of a record. */
  readonly onAbsent: (position: number) => void;
  readonly deliver: (part: Part) => Promise<void>;
  readonly onResent: (count: number) => void;
  /** A record was found under its own token. */
  readonly onConfirmed: () => void;
}

/**
 * Settles one batch of rows of which it is not known whether the vault holds them. Lost ones are sent again with
 * upsert. Otherwise the vault is asked by token: held under its own value a record is uploaded, held under another
 * value it is a `token_conflict`, not held it goes the way of its doubt. What asking cannot tell goes by the policy,
 * once there is nothing left that may tell it.
 */
export async function settleDoubt(batch: Batch, options: DoubtOptions): Promise<void> {
  const { doubt, deliver } = options;
  if (batch.values.length === 0 || (options.repeatable && doubt.kind === 'lost')) {
    const part = new Part(batch, { mayBeInVault: true });
    options.onResent(part.openCount);
    await deliver(part);
    return;
  }
  const part = new Part(batch, { mayBeInVault: true, effectUnknown: false });
  const answer = await options.ask(batch);
  part.judgeOpen(
    answer.kind === 'found' ? byAnswer(batch, answer, options) : byPolicy(batch, answer, options),
  );
  // Also where it is sent although its value may stand under another token: a refusal then says nothing of that.
  if (answer.kind !== 'found' || options.absenceDoubt !== undefined) part.effectUnknown = true;
  if (
    options.absenceDoubt !== undefined &&
    options.resend &&
    options.policy === 'hold' &&
    part.openCount > 0
  ) {
    // What becomes of others may tell it.
    const { judged, open } = part.separate();
    for (const { range } of open) options.park(range, doubt);
    for (const clear of judged) await deliver(clear);
    return;
  }
  options.onResent(part.openCount);
  if (doubt.kind === 'refused' && part.openCount > 1) for (const half of part.divide()) await deliver(half);
  else await deliver(part);
}

type Judge = (index: number) => 'open' | 'confirmed' | FailureFacts;

/** What is not known after asking either. `isRepeated`: the token is not this record's alone. */
function unresolved(
  { policy, doubt, absenceDoubt }: DoubtOptions,
  message: string,
  { isRepeated, status }: { readonly isRepeated: boolean; readonly status?: number | undefined },
): FailureFacts | 'open' {
  // Its value may stand under another token: it is not sent, whatever the policy.
  if (doubt.kind === 'mismatched') return maybeForeign(message, { isRepeated, status });
  if (doubt.kind === 'given_up') return givenUp(doubt.facts, isRepeated);
  if (policy === 'send') return 'open';
  if (absenceDoubt === 'before_proof') return maybeForeign(message, { isRepeated, status });
  // Whoever asks later, of the failed records alone, must know that finding the token says nothing of this record.
  return failure(isRepeated ? 'token_repeated' : 'in_doubt', message, status);
}

/** It is not in the vault. Whoever finds its token later must know whether that one may be another record's. */
function givenUp(facts: FailureFacts, isRepeated: boolean): FailureFacts {
  return isRepeated ? { ...facts, reason: 'token_repeated' } : facts;
}

/** Its value may stand under another token. Whoever asks for its own later must know whether that one may be another record's. */
function maybeForeign(
  message: string,
  { isRepeated, status }: { readonly isRepeated: boolean; readonly status?: number | undefined },
): FailureFacts {
  return failure(isRepeated ? 'token_ambiguous' : 'token_unproven', message, status);
}

function repeatsAmong(batch: Batch, { isRepeated, isNotAlone }: DoubtOptions): (index: number) => boolean {
  const { tokens } = batch;
  const positions = recordPositions(batch);
  const seen = new Set<string>();
  const twiceHere = new Set<string>();
  for (const token of tokens) (seen.has(token) ? twiceHere : seen).add(token);
  return (index) => {
    const token = tokens[index] ?? '';
    return twiceHere.has(token) || isRepeated(token) || isNotAlone(positions[index] ?? batch.start);
  };
}

function byPolicy(
  batch: Batch,
  answer: Extract<LookupAnswer, { kind: 'unanswered' }>,
  options: DoubtOptions,
): Judge {
  const may =
    options.doubt.kind === 'mismatched'
      ? 'its value may stand in the vault under another token'
      : 'may be in the vault already';
  const message = `${may}; the vault could not be asked: ${answer.message}`;
  const isRepeated = repeatsAmong(batch, options);
  return (index) => unresolved(options, message, { isRepeated: isRepeated(index), status: answer.status });
}

function byAnswer(
  batch: Batch,
  { held, showsValues }: Extract<LookupAnswer, { kind: 'found' }>,
  options: DoubtOptions,
): Judge {
  const isRepeated = repeatsAmong(batch, options);
  const positions = recordPositions(batch);
  return (index) => {
    const inVault = held[index];
    if (inVault === undefined) {
      const verdict = ofAbsent(options, isRepeated(index));
      options.onAbsent(positions[index] ?? batch.start);
      return verdict;
    }
    const isOther = showsValues && inVault !== batch.values[index];
    if (isRepeated(index) && !(isOther && options.doubt.kind === 'mismatched')) {
      const message =
        options.doubt.kind === 'mismatched'
          ? 'the vault holds its token, which another record has or may have too; its own value may stand there under another one'
          : "may be in the vault already; the token that it holds is, or may be, another record's too";
      return unresolved(options, message, { isRepeated: true });
    }
    if (isOther) {
      const conflict = failure('token_conflict', 'the vault holds another value under this token');
      const isForeign = options.doubt.kind === 'mismatched' || options.absenceDoubt !== undefined;
      return isForeign ? { ...conflict, foreign: true } : conflict;
    }
    options.onConfirmed();
    return 'confirmed';
  };
}

const absenceWords: Readonly<Record<AbsenceDoubt, string>> = {
  before_proof:
    'the vault does not hold its token; no record had come back under its own token when it was sent, so that its value may stand under another one',
  table_holds_more:
    'the vault does not hold its token, but its table holds more records than came back: its value may stand there under another token',
};

/** A record whose token the vault does not hold. */
function ofAbsent(options: DoubtOptions, isRepeated: boolean): FailureFacts | 'open' {
  const { doubt, resend } = options;
  if (doubt.kind === 'mismatched') {
    return failure(
      'token_mismatch',
      'the vault took the record before under another token, or may have, and does not hold this one',
    );
  }
  if (doubt.kind === 'given_up') return givenUp(doubt.facts, isRepeated);
  if (options.absenceDoubt !== undefined) {
    return resend ? 'open' : maybeForeign(absenceWords[options.absenceDoubt], { isRepeated });
  }
  switch (doubt.kind) {
    case 'refused':
      if (doubt.recordCount === 1) return doubt.facts;
      break;
    case 'lost':
      break;
    default:
      return doubt satisfies never;
  }
  return resend
    ? 'open'
    : unresolved(options, 'may come into the vault yet; its answer was lost again and again', { isRepeated });
}

function failure(reason: FailureReason, message: string, status?: number): FailureFacts {
  return { reason, message, status, requestId: undefined };
}

/** The tokens of some rows of a source. */
export async function collectTokens(
  openCursor: () => Promise<RecordCursor>,
  ranges: readonly PositionRange[],
  batchSize: number,
): Promise<Set<string>> {
  const tokens = new Set<string>();
  const cursor = await openCursor();
  try {
    for (const range of ranges) {
      let from = range.start;
      for (;;) {
        const batch = await cursor.read({ start: from, end: range.end }, batchSize);
        if (batch === undefined) break;
        for (const token of batch.tokens) tokens.add(token);
        from = batch.end;
      }
    }
  } finally {
    await cursor.close();
  }
  return tokens;
}

/**
 * Which of the tokens stand more than once in the whole source, in one pass over it; memory is bounded by
 * their number.
 */
export async function findRepeatedTokens(options: {
  readonly openCursor: () => Promise<RecordCursor>;
  readonly tokens: ReadonlySet<string>;
  readonly everything: PositionRange;
  readonly batchSize: number;
  readonly signal: AbortSignal;
}): Promise<Set<string>> {
  const once = new Set<string>();
  const repeated = new Set<string>();
  const cursor = await options.openCursor();
  try {
    let from = options.everything.start;
    for (;;) {
      options.signal.throwIfAborted();
      const batch = await cursor.read({ start: from, end: options.everything.end }, options.batchSize);
      if (batch === undefined) return repeated;
      for (const token of batch.tokens) {
        if (!options.tokens.has(token)) continue;
        if (once.has(token)) repeated.add(token);
        else once.add(token);
      }
      from = batch.end;
    }
  } finally {
    await cursor.close();
  }
}
