import { errorFacts } from '../../../src/errors/supervise-error.js';

/** `bad` stops a load, `warn` does not; `not_checked` is what an earlier `bad`, or this system, kept from looking. */
export type CheckStatus = 'good' | 'warn' | 'bad' | 'not_checked';

/** One thing that was looked at. No part of it holds a secret or a record. */
export interface Finding {
  readonly status: CheckStatus;
  /** The vault or the part of the machine that it is about. */
  readonly subject?: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** A group of findings that are made independently of the other groups. */
export interface Check {
  /** The heading. */
  readonly group: string;
  look(signal: AbortSignal): Promise<readonly Finding[]>;
}

/** A finding about something thrown: its message and hint. */
export function thrownFinding(error: unknown, subject?: string): Finding {
  const { message, hint } = errorFacts(error);
  return { status: 'bad', ...(subject === undefined ? {} : { subject }), message, hint };
}

/** Does the check; whatever it throws is a finding of it, and hides nothing of the others. */
export async function findingsOf(check: Check, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    return await check.look(signal);
  } catch (error) {
    signal.throwIfAborted();
    return [thrownFinding(error)];
  }
}

/** 2 as soon as one finding would stop a load, else 0. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 2 {
  return findings.some(({ status }) => status === 'bad') ? 2 : 0;
}
