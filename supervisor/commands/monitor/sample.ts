import type { RunStatus } from '../../observers/status-format.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { findLimits, type Limit } from './find-limits.js';
import { readInstance, type InstanceFacts } from './instance-facts.js';
import { compareMachine, compareProcess, type MachineLoad, type ProcessLoad } from './machine-load.js';
import { readCounters, type MachineCounters } from './read-counters.js';
import { readProcess, type ProcessReading } from './read-process.js';
import { readRun, type RunReading } from './watched-run.js';

/** Everything that `monitor` shows at one moment. */
export interface Sample {
  readonly run: RunReading;
  readonly machine: MachineLoad;
  readonly processes: readonly ProcessLoad[];
  readonly instance: InstanceFacts | undefined;
  readonly limits: readonly Limit[];
}

interface SamplerOptions {
  readonly instance?: Promise<InstanceFacts | undefined>;
  readonly read?: () => Promise<RunReading>;
}

/** Samples of one run, each compared with the one before. */
export class Sampler {
  readonly #directory: RunDirectory;
  readonly #instance: Promise<InstanceFacts | undefined>;
  #machine: MachineCounters | undefined;
  #processes: ReadonlyMap<number, ProcessReading> = new Map();
  #status: RunStatus | undefined;

  readonly #read: () => Promise<RunReading>;

  /** `read`: where the run stands, if its directory does not say. */
  constructor(
    directory: RunDirectory,
    { instance = readInstance(), read = () => readRun(directory) }: SamplerOptions = {},
  ) {
    this.#directory = directory;
    this.#read = read;
    this.#instance = instance;
  }

  async sample(): Promise<Sample> {
    const run = await this.#read();
    const owners = run.state === 'active' && run.isElsewhere !== true ? pidsOf(run.status) : [];
    const [machine, instance, ...readings] = await Promise.all([
      readCounters(this.#directory.path),
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
