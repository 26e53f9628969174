import type { Batch, PositionRange } from '../../src/record/batch.js';
import type { RecordCursor } from '../../src/source/record-source.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';
import { Part, type FailureFacts } from '../deliver/part.js';

/** What to do with records that may be in the vault when it cannot be asked, or when asking cannot tell. */
export type InDoubtPolicy = 'hold' | 'send';

export interface DoubtOptions {
  readonly policy: InDoubtPolicy;
  /** Sending again is harmless (upsert): nobody is asked. */
  readonly repeatable: boolean;
  /** False: it was tried often enough, and what the vault does not hold is held back. */
  readonly resend: boolean;
  readonly ask: (tokens: readonly string[]) => Promise<LookupAnswer>;
  /** Tokens that stand more than once in the source: looking cannot tell how often they were inserted. */
  readonly isRepeated: (token: string) => boolean;
  readonly deliver: (part: Part) => Promise<void>;
  readonly onResent: (count: number) => void;
}

/**
 * Settles one batch of rows that were reserved and never settled. With upsert they are sent again. Otherwise the
 * vault is asked by token: held under its own value it is uploaded, held under another value it is a
 * `token_conflict`, not held it is sent. What asking cannot tell goes by the policy.
 */
export async function settleDoubt(batch: Batch, options: DoubtOptions): Promise<void> {
  const part = new Part(batch, { mayBeInVault: true });
  if (options.repeatable || part.openCount === 0) {
    options.onResent(part.openCount);
    await options.deliver(part);
    return;
  }
  const { values, tokens } = batch;
  const seen = new Set<string>();
  const twiceHere = new Set<string>();
  for (const token of tokens) (seen.has(token) ? twiceHere : seen).add(token);
  const answer = await options.ask(tokens);
  const byPolicy = (message: string, status: number | undefined): FailureFacts | 'open' => {
    if (options.policy === 'send') return 'open';
    return { reason: 'in_doubt', message, status, requestId: undefined };
  };
  part.judgeOpen((index) => {
    const token = tokens[index] ?? '';
    if (answer.kind === 'unanswered') {
      return byPolicy(
        `may be in the vault already; the vault could not be asked: ${answer.message}`,
        answer.status,
      );
    }
    const inVault = answer.held[index];
    if (inVault === undefined) {
      return options.resend
        ? 'open'
        : byPolicy('may come into the vault yet; its answer was lost again and again', undefined);
    }
    if (twiceHere.has(token) || options.isRepeated(token)) {
      return byPolicy(
        'may be in the vault already; its token stands more than once in the source',
        undefined,
      );
    }
    if (inVault !== values[index]) {
      return {
        reason: 'token_conflict',
        message: 'the vault holds another value under this token',
        status: undefined,
        requestId: undefined,
      };
    }
    return 'confirmed';
  });
  options.onResent(part.openCount);
  await options.deliver(part);
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
