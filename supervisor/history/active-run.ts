import { SuperviseError } from '../../src/errors/supervise-error.js';
import { type ProcessIdentity, isRunning } from '../../src/system/process-identity.js';
import { openRuns } from '../../src/journal/open-run-store.js';
import { findRun, runDirectoryAt, type RunDirectory } from '../../src/run-record/run-directory.js';
import { assertPrivateRun, readPrivate } from '../../src/trust/open-private.js';
import * as z from 'zod';

export interface ActiveRun {
  readonly directory: RunDirectory;
  /** Absent: nobody of this host and container works on it, or none that can be seen. */
  readonly worker: ProcessIdentity | undefined;
}

/**
 * The named run, worked on or not; without a name the only one that is being worked on. Throws `usage` where none or
 * several are, and `storage` for a run of somebody else.
 */
export async function findActiveRun(
  runsDirectory: string,
  { named, command }: { readonly named: string | undefined; readonly command: string },
): Promise<ActiveRun> {
  if (named !== undefined) {
    const directory = await findRun(runsDirectory, named);
    return { directory, worker: await workerOn(directory) };
  }
  const active: ActiveRun[] = [];
  for (const runId of await openRuns(runsDirectory).ids()) {
    const directory = runDirectoryAt(runsDirectory, runId);
    const worker = await workerOn(directory);
    if (worker !== undefined) active.push({ directory, worker });
  }
  const [only] = active;
  if (only === undefined) {
    throw new SuperviseError('usage', `nobody works on a run in ${runsDirectory}`, {
      hint: 'A process of another host or container cannot be seen from here: name the run.',
    });
  }
  if (active.length > 1) {
    const ids = active.map(({ directory }) => `  ${directory.runId}`).join('\n');
    throw new SuperviseError('usage', `${active.length} runs are being worked on:\n${ids}`, {
      hint: `Name the one that is meant: skyflow-supervise ${command} RUN.`,
    });
  }
  await assertPrivateRun(only.directory.path);
  return only;
}

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
