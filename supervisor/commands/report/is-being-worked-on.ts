import * as z from 'zod';
import { isRunning } from '../../../src/journal/process-identity.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import type { RunDirectory } from '../../../src/run/run-directory.js';

const lockSchema = z.object({
  pid: z.int().positive(),
  start_ticks: z.string().optional(),
  boot_id: z.string().optional(),
});

/** Whether a living process of this host holds the run's lock. Looks only, so that a run can be reported meanwhile. */
export async function isBeingWorkedOn({ lockFile }: RunDirectory): Promise<boolean> {
  try {
    const {
      pid,
      start_ticks: startTicks,
      boot_id: bootId,
    } = lockSchema.parse(JSON.parse(await readPrivate(lockFile)));
    return await isRunning({ pid, startTicks, bootId });
  } catch {
    return false;
  }
}
