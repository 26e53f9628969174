import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is known of the machine that a load would run on; undefined where this system does not say. */
export interface MachineFacts {
  /** Of this process; Infinity: no limit. */
  readonly openFiles: number | undefined;
  readonly coreBytes: number | undefined;
  /** `kernel.core_pattern`. */
  readonly corePattern: string | undefined;
  readonly swapBytes: number | undefined;
  readonly memory: MemoryFacts | undefined;
}

export interface MemoryFacts {
  readonly freeBytes: number;
  /** What bounds it. */
  readonly bound: 'machine' | 'cgroup';
}

/** Reads the machine's limits from /proc and /sys below `root`. Never rejects. */
export async function readMachine(root = '/'): Promise<MachineFacts> {
  const read = (...path: string[]): Promise<string | undefined> =>
    readFile(join(root, ...path), 'utf8').catch(() => undefined);
  const [limits, corePattern, meminfo, cgroups] = await Promise.all([
    read('proc/self/limits'),
    read('proc/sys/kernel/core_pattern'),
    read('proc/meminfo'),
    read('proc/self/cgroup'),
  ]);
  return {
    openFiles: limitOf(limits, 'Max open files'),
    coreBytes: limitOf(limits, 'Max core file size'),
    corePattern: corePattern?.trim(),
    swapBytes: kibibytes(meminfo, 'SwapTotal'),
    memory: leastMemory(kibibytes(meminfo, 'MemAvailable'), await cgroupFreeBytes(cgroups, read)),
  };
}

/** The soft limit, from a line such as `Max open files            1024                 524288               files`. */
function limitOf(limits: string | undefined, name: string): number | undefined {
  const value = limits
    ?.split('\n')
    .find((line) => line.startsWith(name))
    ?.slice(name.length)
    .trim()
    .split(/\s+/)[0];
  if (value === undefined) return undefined;
  return value === 'unlimited' ? Infinity : Number(value);
}

function kibibytes(meminfo: string | undefined, name: string): number | undefined {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo ?? '')?.[1];
  return value === undefined ? undefined : Number(value) * 1024;
}

function leastMemory(machine: number | undefined, cgroup: number | undefined): MemoryFacts | undefined {
  if (cgroup !== undefined && (machine === undefined || cgroup < machine)) {
    return { freeBytes: Math.max(0, cgroup), bound: 'cgroup' };
  }
  return machine === undefined ? undefined : { freeBytes: machine, bound: 'machine' };
}

type Read = (...path: string[]) => Promise<string | undefined>;

/** Files of the two versions of control groups. */
const versions = [
  {
    mount: 'sys/fs/cgroup',
    line: /^0::(\/.*)$/m,
    limit: 'memory.max',
    usage: 'memory.current',
    inactive: /^inactive_file (\d+)$/m,
  },
  {
    mount: 'sys/fs/cgroup/memory',
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    inactive: /^total_inactive_file (\d+)$/m,
  },
] as const;

/**
 * What the control groups that this process is in still allow: the least of all groups from its own up to the root.
 * In a container the path may be the host's, which is not there: then the mount itself is the group.
 */
async function cgroupFreeBytes(cgroups: string | undefined, read: Read): Promise<number | undefined> {
  const found: number[] = [];
  for (const { mount, line, limit, usage, inactive } of versions) {
    const steps = (line.exec(cgroups ?? '')?.[1] ?? '/').split('/').filter((step) => step !== '');
    for (let depth = steps.length; depth >= 0; depth -= 1) {
      const path = [mount, ...steps.slice(0, depth)];
      const allowed = Number(await read(...path, limit));
      const used = Number(await read(...path, usage));
      // `max` is no number, and version 1 writes a number beyond any memory.
      if (!(allowed > 0 && allowed < 2 ** 60) || Number.isNaN(used)) continue;
      // Pages of files that nobody uses are given back when memory is asked for.
      const reclaimable = Number(inactive.exec((await read(...path, 'memory.stat')) ?? '')?.[1] ?? 0);
      found.push(allowed - used + reclaimable);
    }
  }
  return found.length === 0 ? undefined : Math.min(...found);
}
