import { formatDuration } from '../../../src/report/format-numbers.js';
import type { Finding } from '../../../src/source/finding.js';

const noticedMs = 2_000;
/** An assertion lasts 55 minutes of the 60 that the vault allows. */
const toleratedMs = 4 * 60_000;

/**
 * This clock against the vaults', whose answers may each be late: the smallest difference counts. Only who signs with
 * the time (a service account) cannot load with a clock that is minutes off. Pure.
 */
export function judgeClock(aheadMs: readonly number[], signsByTheClock: boolean): Finding[] {
  const [nearest] = [...aheadMs].sort((one, other) => Math.abs(one) - Math.abs(other));
  if (nearest === undefined) return [];
  const subject = 'clock';
  const offMs = Math.abs(nearest);
  if (offMs <= noticedMs) {
    return [{ status: 'good', subject, message: "agrees with the vault's to about a second" }];
  }
  return [
    {
      status: signsByTheClock && offMs > toleratedMs ? 'bad' : 'warn',
      subject,
      message: `${formatDuration(offMs)} ${nearest > 0 ? 'ahead of' : 'behind'} the vault's`,
      hint: 'Set it by NTP: signed logins go by it, and so do the times in logs.',
    },
  ];
}
