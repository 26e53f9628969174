import type { RunStatus } from '../../run/status-format.js';
import type { RunDirectory } from '../../../src/run/run-directory.js';
import { findLimits, type Limit } from './find-limits.js';
import { readInstance, type InstanceFacts } from './instance-facts.js';
import { readMachine, type MachineReading } from './read-machine.js';
import { readProcess, type ProcessReading } from './read-process.js';
import { readRun, type RunReading } from './watched-run.js';

/** What the machine does between two readings. Shares are from 0 to 1; undefined at the first reading. */
export interface MachineLoad {
  readonly cores: number;
  readonly cpuShare: number | undefined;
  readonly busiestCoreShare: number | undefined;
  readonly memory: MachineReading['memory'];
  readonly networkPerSecond: MachineReading['network'];
  readonly diskPerSecond: MachineReading['diskIo'];
  readonly disk: MachineReading['disk'];
}

/** What one process of the run does. CPU is a share of one core and may be above 1. */
export interface ProcessLoad extends Omit<ProcessReading, 'atMs' | 'cpuMs' | 'mainThreadCpuMs'> {
  /** The vault's name; undefined for the supervisor. */
  readonly vault: string | undefined;
  readonly cpuShare: number | undefined;
  readonly mainThreadShare: number | undefined;
}

/** Everything that `monitor` shows at one moment. */
export interface Sample {
  readonly run: RunReading;
  readonly machine: MachineLoad;
  readonly processes: readonly ProcessLoad[];
  readonly instance: InstanceFacts | undefined;
  readonly limits: readonly Limit[];
}

/** Samples of one run, each compared with the one before. */
export class Sampler {
  readonly #directory: RunDirectory;
  readonly #instance: Promise<InstanceFacts | undefined>;
  #machine: MachineReading | undefined;
  #processes: ReadonlyMap<number, ProcessReading> = new Map();
  #status: RunStatus | undefined;

  constructor(directory: RunDirectory, instance = readInstance()) {
    this.#directory = directory;
    this.#instance = instance;
  }

  async sample(): Promise<Sample> {
    const run = await readRun(this.#directory);
    const owners = run.state === 'active' ? pidsOf(run.status) : [];
    const [machine, instance, ...readings] = await Promise.all([
      readMachine(this.#directory.path),
      this.#instance,
      ...owners.map(({ pid }) => readProcess(pid)),
    ]);
    const processes = owners.flatMap(({ vault }, at) => {
      const reading = readings[at];
      return reading === undefined ? [] : [compareProcess(vault, this.#processes.get(reading.pid), reading)];
    });
    const load = compareMachine(this.#machine, machine);
    const before = this.#status;
    this.#machine = machine;
    this.#processes = new Map(readings.flatMap((reading) => (reading ? [[reading.pid, reading]] : [])));
    this.#status = run.status;
    const limits = findLimits({ run, before, machine: load, processes, instance, now: new Date() });
    return { run, machine: load, processes, instance, limits };
  }
}

function pidsOf(
  status: RunStatus | undefined,
): { readonly vault: string | undefined; readonly pid: number }[] {
  if (status === undefined) return [];
  const children = status.vaults.flatMap(({ name, pid }) => (pid === null ? [] : [{ vault: name, pid }]));
  return [{ vault: undefined, pid: status.pid }, ...children];
}

function compareProcess(
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

function compareMachine(before: MachineReading | undefined, now: MachineReading): MachineLoad {
  const passedSeconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const perSecond = (then: number | undefined, value: number): number =>
    then === undefined || passedSeconds <= 0 ? 0 : Math.max(0, value - then) / passedSeconds;
  const share = (then: MachineReading['cpu'] | undefined, at: MachineReading['cpu']): number | undefined =>
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
