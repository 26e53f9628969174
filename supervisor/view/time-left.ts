import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { VaultState } from '../run/vault-state.js';

/**
 * How long these vaults still take at their present rates: all together, no less than the slowest of them, and no less than
 * what one waits for. Undefined: nobody knows, as while one waits for somebody. `nowMs` is the clock of the states.
 */
export function timeLeftMs(states: readonly VaultState[], nowMs: number): number | undefined {
  const atWork = states.filter(({ phase }) => phase !== 'finished');
  if (atWork.some(({ phase, waitsFor }) => phase === 'draining' || waitsFor !== undefined)) return undefined;
  let rows = 0;
  let perSecond = 0;
  let leastMs = 0;
  for (const { snapshot = NOTHING_YET, wait } of atWork) {
    if (snapshot.rows_total === null) return undefined;
    const left = Math.max(0, snapshot.rows_total - snapshot.read);
    const rate = snapshot.records_per_second;
    rows += left;
    perSecond += rate;
    leastMs = Math.max(leastMs, (wait?.untilMs ?? nowMs) - nowMs, rate > 0 ? (left / rate) * 1000 : 0);
  }
  if (rows === 0) return 0;
  return perSecond > 0 ? Math.max(leastMs, (rows / perSecond) * 1000) : undefined;
}
