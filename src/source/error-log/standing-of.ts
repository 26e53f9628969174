import type { LoggedEntry } from '../../journal/error-log-entry.js';

/**
 * Where the records of an entry stand, as far as the log says:
 * - `absent`: not in the vault; they are sent;
 * - `doubtful`: they may be in it under their tokens; it is looked before they are sent;
 * - `repeated`: a token that is found says nothing of them: more records than one have it, or may have it, of which this
 *   log need not know;
 * - `foreign`: it has taken them under tokens of its own, or may have; it is looked, and they are not sent again.
 */
export type Standing = 'absent' | 'doubtful' | 'repeated' | 'foreign';

/** In the order in which a retry takes them. */
export const STANDINGS: readonly Standing[] = ['absent', 'doubtful', 'repeated', 'foreign'];

/**
 * The standing of an entry's records. What `verify` found missing may have come meanwhile. What this program logs for a reason that this version does not know is doubtful.
 *
 * The replaced loader gives no reason, and the status of its last attempt only: a final 4xx means that the batch was
 * not inserted. After 408, 409 and 429 an earlier attempt may have been; so it may after 5xx and without an answer.
 */
export function standingOf({ reason, statusCode }: Pick<LoggedEntry, 'reason' | 'statusCode'>): Standing {
  if (reason === 'token_mismatch' || reason === 'token_unproven') return 'foreign';
  // One that was never reached is not in the vault: a token that is found there is of another record, whatever its source.
  if (reason === 'token_repeated' || reason === 'unreachable') return 'repeated';
  if (reason !== undefined) return reason === 'rejected' ? 'absent' : 'doubtful';
  const isFinal = statusCode >= 400 && statusCode < 500;
  return !isFinal || statusCode === 408 || statusCode === 409 || statusCode === 429 ? 'doubtful' : 'absent';
}
