import { percentileMs } from '../../src/figures/latency-histogram.js';
import { statuses } from '../../src/status/statuses.js';
import { formatCount, formatLatency, plural } from '../../src/report/format-numbers.js';
import { singleLine } from '../../src/report/screen-text.js';
import type { Tone } from '../../src/report/text-style.js';
import type { VaultState } from '../run/vault-state.js';

export interface VaultRemark {
  readonly text: string;
  readonly tone: Tone;
}

/** Answers that come later than this are why it takes long. */
const slowAnswerMs = 5_000;

/**
 * What stands under a vault's line, in plain words: what it waits for and how long still, what is the matter, why it is
 * slow unless that `isLimitSaid` elsewhere, that it was started again. `nowMs` is the clock of `wait`.
 */
export function remarksOf(state: VaultState, nowMs: number, isLimitSaid = false): VaultRemark[] {
  const { message = '', status, wait, waitsFor } = state;
  const remarks: VaultRemark[] = [];
  const leftMs = (wait?.untilMs ?? 0) - nowMs;
  if (wait !== undefined && leftMs > 0 && state.phase !== 'finished')
    remarks.push({
      text: `waiting ${formatCount(Math.ceil(leftMs / 1000))} s, then ${wait.then}`,
      tone: 'warn',
    });
  if (waitsFor === 'credential')
    remarks.push({ text: 'waiting for another credential: the vault refuses the present one', tone: 'warn' });
  if (waitsFor === 'go')
    remarks.push({
      text: 'paused: nothing is sent until `skyflow-supervise go`, or until the time of --not-before',
      tone: 'warn',
    });
  if (singleLine(message) !== '')
    remarks.push({ text: singleLine(message), tone: status === undefined ? 'warn' : statuses[status].tone });
  const slow = state.phase === 'loading' && !isLimitSaid ? whySlow(state) : undefined;
  if (slow !== undefined) remarks.push({ text: slow, tone: 'warn' });
  if (state.phase !== 'restarting' && state.lastDeath !== undefined)
    remarks.push({ text: `restart ${state.restarts}: ${singleLine(state.lastDeath)}`, tone: 'dim' });
  return remarks;
}

/** What holds it back, the strongest first; undefined when the vault takes all that comes. */
function whySlow({ snapshot }: VaultState): string | undefined {
  if (snapshot === undefined) return undefined;
  const { requests_per_second_allowed: perSecond, workers, throttled, latency } = snapshot;
  const { slowed_for_latency_ms: ceilingMs } = snapshot;
  if (perSecond !== null)
    return `slow: the vault takes about ${plural(Math.max(1, Math.round(perSecond)), 'request', 'requests')} a second (it has refused ${formatCount(throttled)})`;
  if (ceilingMs !== null)
    return `slow: ${formatCount(workers.allowed)} of ${formatCount(workers.configured)} requests at a time, to keep 95 % of the answers within ${formatLatency(ceilingMs)}`;
  if (workers.allowed < workers.configured)
    return `slow: ${formatCount(workers.allowed)} of ${formatCount(workers.configured)} requests at a time, because the vault refused more`;
  const medianMs = percentileMs(latency, 50);
  return medianMs > slowAnswerMs
    ? `slow: the vault takes ${formatLatency(medianMs)} for an answer`
    : undefined;
}
