import { ERROR_CODES, type ErrorCode } from '../../src/errors/supervise-error.js';
import { statuses, type VaultStatus } from '../../src/status/statuses.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { RunEnd } from '../observers/run-observer.js';

/** What `--on-event` tells of, and why, in words that a script can compare. */
export type RunEvent =
  /** Every vault is at its end; records may have failed. */
  | { readonly event: 'done'; readonly reason: VaultStatus }
  /** Nothing is wrong with data or program: it waits, or was stopped, and can go on. */
  | { readonly event: 'paused'; readonly reason: 'credential' | 'asked' | 'outage' | VaultStatus }
  /** What it waited for has come, or it moves again. */
  | { readonly event: 'resumed'; readonly reason: 'credential' | 'asked' | 'stalled' }
  /** A vault has settled nothing for a while, and nobody has said what it waits for. */
  | { readonly event: 'stalled'; readonly reason: 'no_progress' }
  /** At its present pace the run will not be at its end when it was to be (`--finish-by`). */
  | { readonly event: 'behind'; readonly reason: 'pace' }
  /** A vault's process has died and another one takes its place. */
  | { readonly event: 'restarting'; readonly reason: 'crashed' }
  /** A vault could not be finished, or the command itself failed. */
  | { readonly event: 'failed'; readonly reason: ErrorCode };

const pausing: Partial<Record<ErrorCode, 'credential' | 'outage'>> = {
  unauthorized: 'credential',
  unavailable: 'outage',
};

/** The event of a command's end: `paused` only when every vault that is not at its end is merely paused. */
export function eventOfEnd(end: RunEnd): RunEvent {
  if ('failure' in end) return { event: 'failed', reason: end.failure.code };
  const { status } = end.summary;
  const { event } = statuses[status];
  switch (event) {
    case 'done':
    case 'paused':
      return { event, reason: status };
    case 'unfinished':
      return eventOfUnfinished(end.summary);
    default:
      return event satisfies never;
  }
}

function eventOfUnfinished({ vaults }: RunSummary): RunEvent {
  // A vault that was not begun for no reason of its own says nothing.
  const codes = vaults
    .filter(
      ({ status, error }) => status === 'incomplete' || (status === 'not_started' && error !== undefined),
    )
    .map(({ error }) => ERROR_CODES.find((code) => code === error?.code) ?? 'internal');
  const grave = codes.find((code) => pausing[code] === undefined);
  if (grave !== undefined) return { event: 'failed', reason: grave };
  const reasons = codes.map((code) => pausing[code]);
  return { event: 'paused', reason: reasons.includes('credential') ? 'credential' : 'outage' };
}
