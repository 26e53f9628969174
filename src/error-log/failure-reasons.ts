/**
 * Where a failed record stands, as far as its error log says:
 * - `absent`: not in the vault; it is sent;
 * - `doubtful`: it may be in it under its token; it is looked before it is sent;
 * - `repeated`: a token that is found says nothing of it: more records than one have it, or may have it, of which this
 *   log need not know;
 * - `foreign`: the vault may have taken it under a token of its own; it is looked, and it is not sent again;
 * - `foreign_repeated`: both of these.
 */
export type Standing = 'absent' | 'doubtful' | 'repeated' | 'foreign_repeated' | 'foreign';

interface ReasonFacts {
  /** As people read it. */
  readonly words: string;
  /** The record may be in the vault under its token, and nobody could tell: it counts as held. */
  readonly isHeld: boolean;
  /** What a retry takes it for. */
  readonly standing: Standing;
}

/** Why a record is not in the vault under its token, as far as anyone knows: one entry for each reason in error logs. */
export const failureReasons = {
  /** The vault refused it for its content. */
  rejected: { words: 'refused', isHeld: false, standing: 'absent' },
  /** The vault's answer gives back another token than the one that was sent, and does not hold the one that was sent. */
  token_mismatch: { words: 'under another token', isHeld: false, standing: 'foreign_repeated' },
  /** The same, and the vault could not be asked whether it holds the token that was sent. */
  token_unproven: { words: 'token not proven', isHeld: true, standing: 'foreign' },
  /** It may be in the vault; others of the source have its token, so that looking cannot tell how often it is there. */
  token_repeated: { words: 'token not the only one', isHeld: true, standing: 'repeated' },
  /** It stands, or may stand, under a token of the vault's own, and others have its token: nothing that is found tells of it. */
  token_ambiguous: {
    words: 'token not proven, nor the only one',
    isHeld: true,
    standing: 'foreign_repeated',
  },
  /** The vault holds another value under this token. */
  token_conflict: { words: 'token holds another value', isHeld: false, standing: 'doubtful' },
  /** It was sent and the answer was lost, and the vault could not be asked whether it holds it. */
  in_doubt: { words: 'answer unknown', isHeld: true, standing: 'doubtful' },
  /** Every attempt ended in a network error, a timeout or a server error. */
  unreachable: { words: 'no answer', isHeld: false, standing: 'doubtful' },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

export type FailureReason = keyof typeof failureReasons;

/** The reasons in words. */
export const failureWords = Object.fromEntries(
  Object.entries(failureReasons).map(([reason, { words }]) => [reason, words]),
) as Readonly<Record<FailureReason, string>>;

const facts: ReadonlyMap<string | undefined, ReasonFacts> = new Map(Object.entries(failureReasons));

/** What is known of a reason; undefined for one that this version does not know, which is somebody's text. */
export function factsOfReason(reason: string | undefined): ReasonFacts | undefined {
  return facts.get(reason);
}
