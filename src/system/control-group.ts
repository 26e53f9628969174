import { readSystem, type SystemRoots } from './proc.js';

/** Files of the two versions of control groups. */
const versions = [
  {
    mount: 'fs/cgroup',
    line: /^0::(\/.*)$/m,
    limit: 'memory.max',
    usage: 'memory.current',
    inactive: /^inactive_file (\d+)$/m,
  },
  {
    mount: 'fs/cgroup/memory',
    line: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m,
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    inactive: /^total_inactive_file (\d+)$/m,
  },
] as const;

/** What a control group (a container, a unit) allows, and what of it is left. */
export interface GroupMemory {
  readonly limitBytes: number;
  readonly freeBytes: number;
}

/**
 * The one that leaves the least of all control groups that this process is in, from its own up to the root; undefined when
 * none bounds it. In a container the path may be the host's, which is not there: then the mount itself is the group.
 */
export async function tightestGroup({ proc, sys }: SystemRoots): Promise<GroupMemory | undefined> {
  const groups = await readSystem(proc, 'self/cgroup');
  let tightest: GroupMemory | undefined;
  for (const { mount, line, limit, usage, inactive } of versions) {
    const steps = (line.exec(groups ?? '')?.[1] ?? '/').split('/').filter((step) => step !== '');
    for (let depth = steps.length; depth >= 0; depth -= 1) {
      const path = [sys, mount, ...steps.slice(0, depth)];
      const limitBytes = Number(await readSystem(...path, limit));
      const usedBytes = Number(await readSystem(...path, usage));
      // `max` is no number, and version 1 writes a number beyond any memory.
      if (!(limitBytes > 0 && limitBytes < 2 ** 60) || Number.isNaN(usedBytes)) continue;
      // Pages of files that nobody uses are given back when memory is asked for.
      const reclaimable = Number(inactive.exec((await readSystem(...path, 'memory.stat')) ?? '')?.[1] ?? 0);
      const freeBytes = Math.max(0, limitBytes - usedBytes + reclaimable);
      if (tightest === undefined || freeBytes < tightest.freeBytes) tightest = { limitBytes, freeBytes };
    }
  }
  return tightest;
}
