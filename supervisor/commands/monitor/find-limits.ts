import { formatBytes, formatCount, formatDuration, plural } from '../../../src/report/format-numbers.js';
import type { RunStatus } from '../../observers/status-format.js';
import { limitInForce, whyAway } from '../../view/why-slow.js';
import type { InstanceFacts } from './instance-facts.js';
import type { MachineLoad, ProcessLoad } from './machine-load.js';
import type { RunReading } from './watched-run.js';

/** Something that holds the run back, or soon will. `info`: that is how it should be, and what could be changed. */
export interface Limit {
  readonly kind:
    | 'cpu'
    | 'core'
    | 'memory'
    | 'disk'
    | 'network'
    | 'files'
    | 'rate_limit'
    | 'latency_ceiling'
    | 'source'
    | 'vault'
    | 'stale';
  readonly level: 'warn' | 'info';
  readonly vault?: string | undefined;
  readonly text: string;
}

export interface Observation {
  readonly run: RunReading;
  /** The status of the sample before. */
  readonly before: RunStatus | undefined;
  readonly machine: MachineLoad;
  readonly processes: readonly ProcessLoad[];
  readonly instance: InstanceFacts | undefined;
  readonly now: Date;
}

const busyShare = 0.9;
const littleMemoryShare = 0.1;
const littleDiskBytes = 1 << 30;
const manyFilesShare = 0.8;
const staleMs = 10_000;

/** What limits a run at this moment, the machine first. Pure. */
export function findLimits(observation: Observation): Limit[] {
  if (observation.run.state !== 'active') return [];
  if (observation.run.isElsewhere === true) return limitsOfVaults(observation);
  return [
    ...limitsOfMachine(observation),
    ...observation.processes.flatMap(limitsOfProcess),
    ...limitsOfVaults(observation),
  ];
}

function limitsOfMachine({ run, machine, instance, now }: Observation): Limit[] {
  const found: Limit[] = [];
  const warn = (kind: Limit['kind'], text: string): void => void found.push({ kind, level: 'warn', text });
  const { cpuShare, memory, disk, networkPerSecond, cores } = machine;
  const writtenAt = run.status === undefined ? now : new Date(run.status.updated_at);
  const ageMs = now.getTime() - writtenAt.getTime();
  if (ageMs > staleMs)
    warn('stale', `status.json is ${formatDuration(ageMs)} old: the supervisor hangs, or the disk is full`);
  if (cpuShare !== undefined && cpuShare >= busyShare)
    warn('cpu', `the machine's ${cores} cores are ${percent(cpuShare)} busy`);
  if (memory.availableBytes < memory.totalBytes * littleMemoryShare) {
    warn(
      'memory',
      `${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)} memory are left`,
    );
  }
  if (disk !== undefined && disk.freeBytes < littleDiskBytes)
    warn('disk', `${formatBytes(disk.freeBytes)} are left on the disk of the run directory`);
  const mbps = instance?.network_mbps;
  if (mbps !== null && mbps !== undefined && networkPerSecond !== undefined) {
    const busiest = Math.max(networkPerSecond.receivedBytes, networkPerSecond.sentBytes);
    const share = (busiest * 8) / (mbps * 1e6);
    if (share >= busyShare) warn('network', `the network card of ${mbps} Mbit/s is ${percent(share)} busy`);
  }
  return found;
}

function limitsOfProcess(process: ProcessLoad): Limit[] {
  const found: Limit[] = [];
  const { vault, mainThreadShare, openFiles, openFilesLimit } = process;
  if (mainThreadShare !== undefined && mainThreadShare >= busyShare) {
    const text = `its process uses ${percent(mainThreadShare)} of one core: CPU limits it`;
    found.push({ kind: 'core', level: 'warn', vault: vault ?? 'supervisor', text });
  }
  if (
    openFiles !== undefined &&
    openFilesLimit !== undefined &&
    openFiles >= openFilesLimit * manyFilesShare
  ) {
    const text = `${formatCount(openFiles)} of ${formatCount(openFilesLimit)} file descriptors are in use: raise ulimit -n`;
    found.push({ kind: 'files', level: 'warn', vault: vault ?? 'supervisor', text });
  }
  return found;
}

function limitsOfVaults({ run, before }: Observation): Limit[] {
  return (run.status?.vaults ?? []).flatMap(({ name, phase, snapshot }): Limit[] => {
    if (phase !== 'loading' || snapshot === undefined) return [];
    const away = whyAway(snapshot);
    if (away !== undefined) return [{ kind: 'vault', level: 'warn', vault: name, text: away }];
    const earlier = before?.vaults.find((vault) => vault.name === name)?.snapshot;
    const { in_flight: inFlight, workers } = snapshot;
    const perSecond = limitInForce(snapshot);
    const { slowed_for_latency_ms: ceilingMs } = snapshot;
    if (perSecond === undefined && ceilingMs !== null) {
      const text = `max_latency_ms ${formatCount(ceilingMs)} holds it at ${workers.allowed} of ${workers.configured} workers`;
      return [{ kind: 'latency_ceiling', level: 'info', vault: name, text }];
    }
    if (perSecond !== undefined || workers.allowed < workers.configured) {
      const pace =
        perSecond === undefined
          ? `${workers.allowed} of ${workers.configured} workers`
          : `${plural(Math.max(1, Math.round(perSecond)), 'request', 'requests')} a second`;
      const text = `the vault's rate limit holds it at ${pace} (${formatCount(snapshot.throttled)} throttled)`;
      return [{ kind: 'rate_limit', level: 'warn', vault: name, text }];
    }
    const passedMs = snapshot.timed_wall_ms - (earlier?.timed_wall_ms ?? 0);
    const readMs = snapshot.timing_ms.source_read - (earlier?.timing_ms.source_read ?? 0);
    if (inFlight < workers.allowed / 2 && passedMs > 0 && readMs / passedMs >= 0.5) {
      const text = 'it waits for its source, not for the vault';
      return [{ kind: 'source', level: 'warn', vault: name, text }];
    }
    if (workers.allowed > 0 && inFlight >= workers.allowed * busyShare) {
      const waiting =
        workers.allowed === 1 ? 'a single worker waits' : `all ${formatCount(workers.allowed)} workers wait`;
      const text = `${waiting} for the vault; a higher --concurrency may be faster`;
      return [{ kind: 'vault', level: 'info', vault: name, text }];
    }
    return [];
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
