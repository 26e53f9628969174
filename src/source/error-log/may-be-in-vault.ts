import type { LoggedEntry } from '../../journal/error-log-entry.js';

/**
 * Whether records of an entry may be in the vault under their tokens all the same, so that it has to be looked before
 * they are sent again. A refusal and a record taken under another token are the vault's own word that they are not;
 * what this program logs for any other reason, or for one that it does not know, is doubtful.
 *
 * The replaced loader gives no reason, and the status of its last attempt only: a final 4xx means that the batch was
 * not inserted. After 408, 409 and 429 an earlier attempt may have been; so it may after 5xx and without an answer.
 */
export function mayBeInVault({ reason, statusCode }: Pick<LoggedEntry, 'reason' | 'statusCode'>): boolean {
  if (reason !== undefined) return reason !== 'rejected' && reason !== 'token_mismatch';
  const isFinal = statusCode >= 400 && statusCode < 500;
  return !isFinal || statusCode === 408 || statusCode === 409 || statusCode === 429;
}
