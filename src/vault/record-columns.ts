import type { OutsideText } from '../outside/outside-text.js';

/** The records of one request, by column: `values[i]` goes in under `tokens[i]`. */
export interface RecordColumns {
  readonly values: readonly string[];
  readonly tokens: readonly string[];
  /** True: none of them needs an escape in JSON. Otherwise they may. */
  readonly plain?: boolean | undefined;
}

/** Why a record is not in the vault under its token, as far as anyone knows. */
export type FailureReason =
  /** The vault refused it for its content. */
  | 'rejected'
  /** The vault's answer gives back another token than the one that was sent, and does not hold the one that was sent. */
  | 'token_mismatch'
  /** The same, and the vault could not be asked whether it holds the token that was sent. */
  | 'token_unproven'
  /** It may be in the vault; others of the source have its token, so that looking cannot tell how often it is there. */
  | 'token_repeated'
  /** It stands, or may stand, under a token of the vault's own, and others have its token: nothing that is found tells of it. */
  | 'token_ambiguous'
  /** The vault holds another value under this token. */
  | 'token_conflict'
  /** It was sent and the answer was lost, and the vault could not be asked whether it holds it. */
  | 'in_doubt'
  /** Every attempt ended in a network error, a timeout or a server error. */
  | 'unreachable';

/** One record that is not uploaded. `index` counts from 0 in the request. */
export interface RecordFailure {
  readonly index: number;
  readonly reason: FailureReason;
  /** What it means, in words of ours: for everybody. */
  readonly message: string;
  /** What the vault said of it: for the error log alone. */
  readonly said?: OutsideText | undefined;
  /** HTTP status: of the record where the wire has one, else of the whole answer. */
  readonly status?: number | undefined;
}
