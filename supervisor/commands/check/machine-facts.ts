import { tightestGroup } from '../../../src/system/control-group.js';
import { bytesOf, limitOf, readSystem, SYSTEM_ROOTS } from '../../../src/system/proc.js';

/** What is known of the machine that a run would be on; undefined where this system does not say. */
export interface MachineFacts {
  /** Of this process; Infinity: no limit. */
  readonly openFiles: number | undefined;
  readonly coreBytes: number | undefined;
  /** `kernel.core_pattern`. */
  readonly corePattern: string | undefined;
  readonly swapBytes: number | undefined;
  readonly memory: MemoryFacts | undefined;
}

interface MemoryFacts {
  readonly freeBytes: number;
  /** What bounds it. */
  readonly bound: 'machine' | 'cgroup';
}

/** Reads the machine's limits. Never rejects. */
export async function readMachineFacts(roots = SYSTEM_ROOTS): Promise<MachineFacts> {
  const [limits, corePattern, meminfo] = await Promise.all(
    ['self/limits', 'sys/kernel/core_pattern', 'meminfo'].map((file) => readSystem(roots.proc, file)),
  );
  const available = bytesOf(meminfo, 'MemAvailable');
  const group = await tightestGroup(roots);
  return {
    openFiles: limitOf(limits, 'Max open files'),
    coreBytes: limitOf(limits, 'Max core file size'),
    corePattern: corePattern?.trim(),
    swapBytes: bytesOf(meminfo, 'SwapTotal'),
    memory:
      group !== undefined && group.freeBytes < (available ?? Infinity)
        ? { freeBytes: group.freeBytes, bound: 'cgroup' }
        : available === undefined
          ? undefined
          : { freeBytes: available, bound: 'machine' },
  };
}
