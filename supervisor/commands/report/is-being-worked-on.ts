import * as z from 'zod';
import { isRunning, type ProcessIdentity } from '../../../src/system/process-identity.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';

const lockSchema = z.object({
  pid: z.int().positive(),
  start_ticks: z.string().optional(),
  boot_id: z.string().optional(),
});

/** The living process of this host that holds the run's lock. Looks only, so that a run can be reported meanwhile. */
export async function workerOn({ lockFile }: RunDirectory): Promise<ProcessIdentity | undefined> {
  try {
    const holder = lockSchema.parse(JSON.parse(await readPrivate(lockFile)));
    const worker = { pid: holder.pid, startTicks: holder.start_ticks, bootId: holder.boot_id };
    return (await isRunning(worker)) ? worker : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is such a process. */
export async function isBeingWorkedOn(directory: RunDirectory): Promise<boolean> {
  return (await workerOn(directory)) !== undefined;
}
