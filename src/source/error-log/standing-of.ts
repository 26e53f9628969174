import type { LoggedEntry } from '../../journal/error-log-entry.js';

/**
 * Where the records of an entry stand, as far as the log says:
 * - `absent`: not in the vault; they are sent;
 * - `doubtful`: they may be in it under their tokens; it is looked before they are sent;
 * - `repeated`: a token that is found says nothing of them: more records than one have it, or may have it, of which this
 *   log need not know;
 * - `foreign`: it may have taken them under tokens of its own; it is looked, and they are not sent again;
 * - `foreign_repeated`: both of these.
 */
export type Standing = 'absent' | 'doubtful' | 'repeated' | 'foreign_repeated' | 'foreign';

/** In the order in which a retry takes them: those of repeated tokens are a range, and so are those under foreign ones. */
export const STANDINGS: readonly Standing[] = [
  'absent',
  'doubtful',
  'repeated',
  'foreign_repeated',
  'foreign',
];

/** No record of any standing. */
export const NONE_STANDING = {
  absent: 0,
  doubtful: 0,
  repeated: 0,
  foreign_repeated: 0,
  foreign: 0,
} satisfies Record<Standing, number>;

/**
 * The standing of an entry's records. What `verify` found missing may have come meanwhile. What this program logs for a reason that this version does not know is doubtful.
 *
 * The replaced loader gives no reason, and the status of its last attempt only: a final 4xx means that the batch was
 * not inserted. After 408, 409 and 429 an earlier attempt may have been; so it may after 5xx and without an answer.
 */
export function standingOf({
  reason,
  foreign,
  statusCode,
}: Pick<LoggedEntry, 'reason' | 'foreign' | 'statusCode'>): Standing {
  if (reason === 'token_unproven') return 'foreign';
  // The vault did not hold them under their tokens when they were looked up: one that is found later is of another record.
  if (foreign || reason === 'token_mismatch' || reason === 'token_ambiguous') return 'foreign_repeated';
  if (reason === 'token_repeated') return 'repeated';
  if (reason !== undefined) return reason === 'rejected' ? 'absent' : 'doubtful';
  const isFinal = statusCode >= 400 && statusCode < 500;
  return !isFinal || statusCode === 408 || statusCode === 409 || statusCode === 429 ? 'doubtful' : 'absent';
}
