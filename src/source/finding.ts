import { errorFacts } from '../errors/supervise-error.js';

/** `bad` stops a load, `warn` does not; `not_checked` is what an earlier `bad`, or this system, kept from looking. */
export type CheckStatus = 'good' | 'warn' | 'bad' | 'not_checked';

/** One thing that a preflight looked at. No part of it holds a secret or a record. */
export interface Finding {
  readonly status: CheckStatus;
  /** The vault or the part of the machine that it is about. */
  readonly subject?: string | undefined;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** What alone is to blame, where that is known. */
  readonly about?: 'credential';
}

/** A finding about something thrown: its message and hint. */
export function thrownFinding(error: unknown, subject?: string): Finding {
  const { message, hint } = errorFacts(error);
  return { status: 'bad', ...(subject === undefined ? {} : { subject }), message, hint };
}
