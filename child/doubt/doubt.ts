import type { FailureFacts } from '../deliver/part.js';

/** Why it is not known whether the vault holds rows, and so what becomes of those that it does not hold. */
export type Doubt =
  /** The answer was lost: they are sent again. */
  | { readonly kind: 'lost' }
  /**
   * A request with so many records was refused, but not in a way that proves that none was taken: they are sent in
   * halves, and a record that was alone in its request fails with these facts.
   */
  | { readonly kind: 'refused'; readonly recordCount: number; readonly facts: FailureFacts }
  /** Every attempt failed in a way that had no effect: they are not sent again, and fail with these facts. */
  | { readonly kind: 'given_up'; readonly facts: FailureFacts }
  /** The vault took them under tokens of its own, say its answer, the journal or an error log: they are not sent. */
  | { readonly kind: 'mismatched' };

/** That of a request with so many records that was refused. */
export function refusedAlone(recordCount: number, facts: Omit<FailureFacts, 'reason'>): Doubt {
  return { kind: 'refused', recordCount, facts: { ...facts, reason: 'rejected' } };
}
