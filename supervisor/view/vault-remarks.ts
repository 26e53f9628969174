import { statuses } from '../../src/status/statuses.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { singleLine } from '../../src/report/screen-text.js';
import type { Tone } from '../../src/report/text-style.js';
import type { VaultState } from '../run/vault-state.js';
import { whySlow } from './why-slow.js';

export interface VaultRemark {
  readonly text: string;
  readonly tone: Tone;
}

/**
 * What stands under a vault's line, in plain words: what it waits for and how long still, what is the matter, why it is
 * slow unless that `isLimitSaid` elsewhere, that it was started again. `nowMs` is the clock of `wait`.
 */
export function remarksOf(state: VaultState, nowMs: number, isLimitSaid = false): VaultRemark[] {
  const { message = '', status, wait, waitsFor, snapshot } = state;
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
  // With nothing on its way, the wait is why.
  const onlyWaits = leftMs > 0 && snapshot?.in_flight === 0;
  const isSlow = state.phase === 'loading' && !isLimitSaid && !onlyWaits && waitsFor === undefined;
  const slow = isSlow && snapshot !== undefined ? whySlow(snapshot) : undefined;
  if (slow !== undefined) remarks.push({ text: slow, tone: 'warn' });
  if (state.phase !== 'restarting' && state.lastDeath !== undefined)
    remarks.push({ text: `restart ${state.restarts}: ${singleLine(state.lastDeath)}`, tone: 'dim' });
  return remarks;
}
