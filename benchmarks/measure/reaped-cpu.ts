import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second for user space, whatever the kernel's own tick is. */
const MS_PER_TICK = 10;

/**
 * CPU time, user and system, of all children of this process that have ended and been waited for, their own such
 * children included (proc_pid_stat(5): cutime, cstime); undefined where there is no /proc. Node itself tells only
 * the time of this process.
 */
export function reapedCpuMs(): number | undefined {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'utf8');
  } catch {
    return undefined;
  }
  return readReapedCpuMs(stat);
}

/** The same from the text of a `stat` file; the name of the program in it may hold spaces and brackets. */
export function readReapedCpuMs(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[13]) + Number(fields[14]);
  return Number.isFinite(ticks) ? ticks * MS_PER_TICK : undefined;
}
