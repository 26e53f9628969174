import type { JudgedAnswer } from '../../src/vault/vault-client.js';
import { factsOf } from './failure-facts.js';
import type { FailureFacts, Part } from './part.js';

/** Gives each open record of a part its verdict, by an answer that does not simply take all of them. */
export function judgeRecords(
  part: Part,
  answer: JudgedAnswer,
  found: {
    /** Of those whose token did not come back, by what the vault holds. */
    readonly verdicts: ReadonlyMap<number, FailureFacts | 'open'>;
    /** Refused, and held all the same. */
    readonly heldRefused: ReadonlySet<number>;
    /** Refusals say nothing: an earlier request may have had its effect. */
    readonly isUnproven: boolean;
  },
): void {
  const refused = new Map(answer.failures.map((failure) => [failure.index, failure]));
  const isDoubtful = new Set(answer.doubtful);
  part.judgeOpen((index) => {
    const verdict = found.verdicts.get(index);
    if (verdict !== undefined) return verdict;
    if (found.heldRefused.has(index)) return 'open';
    const failure = refused.get(index);
    if (failure === undefined) return isDoubtful.has(index) ? 'open' : 'uploaded';
    return found.isUnproven ? 'open' : { ...factsOf(answer, failure), reason: failure.reason };
  });
}
