import { errorFacts } from '../errors/supervise-error.js';
import { formatCount } from '../report/format-numbers.js';

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

/** What is said where a load begins behind the last row, however many there are. */
export function sayNoneFrom(start: number, rows?: number): string {
  const had = rows === undefined ? 'no rows' : `${formatCount(rows)} rows, and none`;
  return `the source has ${had} from row ${formatCount(start)} on`;
}

/** A warning where a source of so many rows has none of those that are meant; none while nobody knows how many it has. */
export function warnBeyondEnd(subject: string, start = 0, rows?: number): Finding[] {
  if (rows === undefined || rows === 0 || start < rows) return [];
  const hint = 'Rows count from 0, and a load of these sends nothing: choose another --start-record.';
  return [{ status: 'warn', subject, message: sayNoneFrom(start, rows), hint }];
}
