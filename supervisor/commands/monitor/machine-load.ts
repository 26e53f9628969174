import type { MachineCounters } from './read-counters.js';
import type { ProcessReading } from './read-process.js';

/** What the machine does between two readings. Shares are from 0 to 1; undefined at the first reading. */
export interface MachineLoad {
  readonly cores: number;
  readonly cpuShare: number | undefined;
  readonly busiestCoreShare: number | undefined;
  readonly memory: MachineCounters['memory'];
  readonly networkPerSecond: MachineCounters['network'];
  readonly diskPerSecond: MachineCounters['diskIo'];
  readonly disk: MachineCounters['disk'];
}

/** What one process of the run does. CPU is a share of one core and may be above 1. */
export interface ProcessLoad extends Omit<ProcessReading, 'atMs' | 'cpuMs' | 'mainThreadCpuMs'> {
  /** The vault's name; undefined for the supervisor. */
  readonly vault: string | undefined;
  readonly cpuShare: number | undefined;
  readonly mainThreadShare: number | undefined;
}

/** A process against the reading before. */
export function compareProcess(
  vault: string | undefined,
  before: ProcessReading | undefined,
  { atMs, cpuMs, mainThreadCpuMs, ...now }: ProcessReading,
): ProcessLoad {
  const passedMs = before === undefined ? 0 : atMs - before.atMs;
  const share = (then: number | undefined, nowMs: number): number | undefined =>
    then === undefined || passedMs <= 0 ? undefined : Math.max(0, nowMs - then) / passedMs;
  return {
    ...now,
    vault,
    cpuShare: share(before?.cpuMs, cpuMs),
    mainThreadShare: share(before?.mainThreadCpuMs, mainThreadCpuMs),
  };
}

/** The machine against the reading before. */
export function compareMachine(before: MachineCounters | undefined, now: MachineCounters): MachineLoad {
  const passedSeconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const perSecond = (then: number | undefined, value: number): number =>
    then === undefined || passedSeconds <= 0 ? 0 : Math.max(0, value - then) / passedSeconds;
  const share = (then: MachineCounters['cpu'] | undefined, at: MachineCounters['cpu']): number | undefined =>
    then === undefined || at.total <= then.total
      ? undefined
      : (at.busy - then.busy) / (at.total - then.total);
  const cores = now.cores.flatMap((core, at) => share(before?.cores[at], core) ?? []);
  return {
    cores: now.cores.length,
    cpuShare: share(before?.cpu, now.cpu),
    busiestCoreShare: cores.length === 0 ? undefined : Math.max(...cores),
    memory: now.memory,
    networkPerSecond: now.network && {
      receivedBytes: perSecond(before?.network?.receivedBytes, now.network.receivedBytes),
      sentBytes: perSecond(before?.network?.sentBytes, now.network.sentBytes),
    },
    diskPerSecond: now.diskIo && {
      readBytes: perSecond(before?.diskIo?.readBytes, now.diskIo.readBytes),
      writtenBytes: perSecond(before?.diskIo?.writtenBytes, now.diskIo.writtenBytes),
    },
    disk: now.disk,
  };
}
