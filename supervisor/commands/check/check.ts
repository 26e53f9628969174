import { thrownFinding, type Finding } from '../../../src/source/finding.js';

/** A group of findings that are made independently of the other groups. */
export interface Check {
  /** The heading. */
  readonly group: string;
  look(signal: AbortSignal): Promise<readonly Finding[]>;
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
