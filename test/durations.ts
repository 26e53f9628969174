import { basename, join, relative } from 'node:path';
import type { run } from 'node:test';
import { reapedCpuMs } from '../src/system/proc.js';

interface FileDuration {
  readonly file: string;
  readonly wallMs: number;
  readonly cpuMs: number | undefined;
}

/**
 * Follows a run of test files; the function returned says, line by line, what each file took: wall time, and the CPU
 * time of all its processes where the system tells it. What a process left behind takes is not counted. Files that
 * were joined have a wall time each, and one CPU time together.
 */
export function recordDurations(stream: ReturnType<typeof run>): () => string[] {
  const taken: FileDuration[] = [];
  const joinedMs = new Map<string, number>();
  let cpuBefore = reapedCpuMs();
  // A file's process is waited for just before its event: what was added since the last one is that file's.
  stream.on('test:complete', ({ name, file, nesting, details }) => {
    if (nesting !== 0 || file === undefined) return;
    if (name !== file) {
      joinedMs.set(file, (joinedMs.get(file) ?? 0) + details.duration_ms);
      return;
    }
    const cpuNow = reapedCpuMs();
    const cpuMs = cpuNow === undefined || cpuBefore === undefined ? undefined : cpuNow - cpuBefore;
    cpuBefore = cpuNow;
    taken.push({ file, wallMs: details.duration_ms, cpuMs });
  });
  return () => {
    for (const { file } of taken) joinedMs.delete(file);
    const joined = [...joinedMs].map(([file, wallMs]) => ({ file, wallMs, cpuMs: undefined }));
    const lines = [...taken, ...joined].sort((a, b) => b.wallMs - a.wallMs).map(lineOf);
    const wallMs = taken.reduce((sum, file) => sum + file.wallMs, 0);
    const cpuMs = taken.reduce((sum, file) => sum + (file.cpuMs ?? 0), 0);
    return [
      '  wall s   CPU s  file',
      ...lines,
      lineOf({ file: join(import.meta.dirname, 'all of them'), wallMs, cpuMs }),
    ];
  };
}

function lineOf({ file, wallMs, cpuMs }: FileDuration): string {
  const cpu = cpuMs === undefined ? '-' : (cpuMs / 1000).toFixed(1);
  return `${(wallMs / 1000).toFixed(1).padStart(8)}${cpu.padStart(8)}  ${nameOf(file)}`;
}

/** Below this folder, as the arguments have it; what joins files is elsewhere. */
function nameOf(file: string): string {
  const name = relative(import.meta.dirname, file);
  return name.startsWith('..') ? basename(file) : name;
}
