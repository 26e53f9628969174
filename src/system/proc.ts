import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Where the system tells of itself; tests put other folders there. */
export interface SystemRoots {
  readonly proc: string;
  readonly sys: string;
}

export const SYSTEM_ROOTS: SystemRoots = { proc: '/proc', sys: '/sys' };

/** What such a file says; undefined where there is none, or not for this user. */
export async function readSystem(...path: readonly string[]): Promise<string | undefined> {
  return readFile(path.join('/'), 'utf8').catch(() => undefined);
}

/** The same at once, for before and between everything else. */
export function readSystemSync(...path: readonly string[]): string | undefined {
  try {
    return readFileSync(path.join('/'), 'utf8');
  } catch {
    return undefined;
  }
}

/** Bytes, from a line such as `MemAvailable:   6000 kB` of `meminfo` or `status`. */
export function bytesOf(text: string | undefined, name: string): number | undefined {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** The soft limit, from a line such as `Max open files            1024                 524288               files`. */
export function limitOf(limits: string | undefined, name: string): number | undefined {
  const value = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits ?? '')?.[1];
  if (value === undefined) return undefined;
  return value === 'unlimited' ? Infinity : Number(value);
}

/** What `/proc/<pid>/stat` says (proc_pid_stat(5)); times are user and system together, in milliseconds. */
export interface ProcessStat {
  readonly state: string;
  readonly cpuMs: number;
  /** Of children that have ended and were waited for, theirs included. */
  readonly reapedCpuMs: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: string;
}

/** CPU time of all children of this process that have ended and been waited for, which Node itself does not tell. */
export function reapedCpuMs(): number | undefined {
  return parseStat(readSystemSync(SYSTEM_ROOTS.proc, 'self/stat'))?.reapedCpuMs;
}

/** Linux counts CPU time in hundredths of a second towards programs, whatever the kernel's own clock. */
const msPerTick = 10;

/** Undefined of what is no such file. */
export function parseStat(stat: string | undefined): ProcessStat | undefined {
  // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === undefined || startTicks === undefined) return undefined;
  const ticks = (...at: readonly number[]): number =>
    at.reduce((sum, field) => sum + Number(fields[field]), 0);
  return { state, startTicks, cpuMs: ticks(11, 12) * msPerTick, reapedCpuMs: ticks(13, 14) * msPerTick };
}
