import { factsOfReason, type Standing } from '../../error-log/failure-reasons.js';
import type { LoggedEntry } from '../../error-log/error-log-entry.js';

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

/** After these the replaced loader tried again, whatever this program does. */
const triedAgainBefore: ReadonlySet<number> = new Set([408, 409, 429]);

/**
 * The standing of an entry's records. What `verify` found missing may have come meanwhile. What this program logs for a reason that this version does not know is doubtful.
 *
 * The replaced loader gives no reason, and the status of its last attempt only: a final 4xx means that the batch was
 * not inserted. After those that it tried again an earlier attempt may have been; so it may after 5xx and without an answer.
 */
export function standingOf({
  reason,
  foreign,
  statusCode,
}: Pick<LoggedEntry, 'reason' | 'foreign' | 'statusCode'>): Standing {
  const standing = factsOfReason(reason)?.standing;
  if (standing === 'foreign') return standing;
  // The vault did not hold them under their tokens when they were looked up: one that is found later is of another record.
  if (foreign) return 'foreign_repeated';
  if (reason !== undefined) return standing ?? 'doubtful';
  const isFinal = statusCode >= 400 && statusCode < 500;
  return !isFinal || triedAgainBefore.has(statusCode) ? 'doubtful' : 'absent';
}
