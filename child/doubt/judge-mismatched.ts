import type { FailureFacts } from '../deliver/part.js';
import type { LookupAnswer } from '../../src/vault/vault-client.js';

/** What a record came to that the vault took without giving its token back. */
export type MismatchVerdict = 'own_value' | Pick<FailureFacts, 'reason' | 'message'>;

/**
 * Judges such a record by what the vault holds under the token that was sent. Whatever it is, the record is not sent
 * again: its value may stand under a token of the vault's own. `found` is absent when there was no answer.
 */
export function judgeMismatched(
  found: LookupAnswer | undefined,
  { at, value }: { readonly at: number; readonly value: string | undefined },
): MismatchVerdict {
  if (found?.kind !== 'found') {
    const why = found === undefined ? 'it gave no answer' : found.message;
    return {
      reason: 'token_unproven',
      message: `the vault took the record and gave its token not back; it could not be asked for the token: ${why}`,
    };
  }
  const held = found.held[at];
  if (held === undefined) {
    return {
      reason: 'token_mismatch',
      message: 'the vault took the record, gave its token not back, and does not hold the token',
    };
  }
  if (found.showsValues && held !== value) {
    return { reason: 'token_conflict', message: 'the vault holds another value under this token' };
  }
  return 'own_value';
}
