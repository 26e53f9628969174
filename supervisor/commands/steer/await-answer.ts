import { setTimeout as sleep } from 'node:timers/promises';
import type { RunControl } from '../../../src/control/run-control.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { runStatusSchema } from '../../observers/status-format.js';

/** A status is replaced once a second; one that is older than this is of somebody who is gone. */
const freshMs = 15_000;
const patienceMs = 10_000;
const pollMs = 100;

/** Whether whoever works on a run has followed the order with this number, waiting 10 s for him. */
export async function isFollowed(control: RunControl, number: number): Promise<boolean> {
  const deadlineMs = performance.now() + patienceMs;
  do {
    const answer = await control.answered();
    if (answer !== undefined && answer.number >= number) return true;
    await sleep(pollMs);
  } while (performance.now() < deadlineMs);
  return false;
}

/** How old the status of a run is that is being worked on, wherever; undefined where nobody seems to. */
export async function statusAge({ statusFile }: RunDirectory): Promise<number | undefined> {
  try {
    const { updated_at: updated, vaults } = runStatusSchema.parse(JSON.parse(await readPrivate(statusFile)));
    const ageMs = Date.now() - Date.parse(updated);
    const isOver = vaults.every(({ phase }) => phase === 'finished');
    return isOver || Math.abs(ageMs) > freshMs ? undefined : ageMs;
  } catch {
    return undefined;
  }
}
