import { parseStat, readSystem, SYSTEM_ROOTS, type ProcessStat } from './proc.js';

/**
 * A process, told apart from any other that had or will have its pid. Start time and boot id come from `/proc`;
 * where there is none they are absent, and the pid alone decides.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process: field 22 of `/proc/<pid>/stat`. */
  readonly startTicks?: string | undefined;
  readonly bootId?: string | undefined;
}

/** This process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    startTicks: (await readStat(process.pid))?.startTicks,
    bootId: await bootId(),
  };
}

/**
 * Whether a process of this host still runs. A zombie does not: its files are closed, only its parent has not
 * noticed yet. Processes of another pid namespace (another container) cannot be seen and count as gone.
 */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const currentBootId = await bootId();
  if (identity.bootId !== undefined && currentBootId !== undefined && identity.bootId !== currentBootId)
    return false;
  if (!answersSignals(identity.pid)) return false;
  const stat = await readStat(identity.pid);
  if (stat === undefined || identity.startTicks === undefined) return answersSignals(identity.pid);
  return stat.startTicks === identity.startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  return parseStat(await readSystem(SYSTEM_ROOTS.proc, String(pid), 'stat'));
}

/** Unlike that of any other start of any machine; undefined where the system has none. */
export async function bootId(): Promise<string | undefined> {
  return (await readSystem(SYSTEM_ROOTS.proc, 'sys/kernel/random/boot_id'))?.trim();
}
