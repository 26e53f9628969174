import { readdir, statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { tightestGroup } from '../../../src/system/control-group.js';
import { bytesOf, readSystem, SYSTEM_ROOTS, type SystemRoots } from '../../../src/system/proc.js';

/** Counters of the machine since its start, and what there is. What a system does not tell is undefined. */
export interface MachineCounters {
  readonly atMs: number;
  /** Time that was worked, and time that passed, in the same unit; over all cores, and of each. */
  readonly cpu: CpuTime;
  readonly cores: readonly CpuTime[];
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  readonly network: { readonly receivedBytes: number; readonly sentBytes: number } | undefined;
  /** Of all whole disks. */
  readonly diskIo: { readonly readBytes: number; readonly writtenBytes: number } | undefined;
  /** Of the file system that holds the run. */
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | undefined;
}

interface CpuTime {
  readonly busy: number;
  readonly total: number;
}

const sectorBytes = 512;

/** Reads it all; never throws. */
export async function readCounters(runDirectory: string, roots = SYSTEM_ROOTS): Promise<MachineCounters> {
  const [cores, memory, network, diskIo, disk] = await Promise.all([
    readCores(roots),
    readMemory(roots),
    readNetwork(roots),
    readDiskIo(roots),
    readDisk(runDirectory),
  ]);
  const sum = (part: keyof CpuTime): number => cores.reduce((total, core) => total + core[part], 0);
  const cpu = { busy: sum('busy'), total: sum('total') };
  return { atMs: performance.now(), cpu, cores, memory, network, diskIo, disk };
}

async function lines(...path: readonly string[]): Promise<string[] | undefined> {
  return (await readSystem(...path))?.split('\n');
}

async function readCores({ proc }: SystemRoots): Promise<CpuTime[]> {
  const stat = await lines(proc, 'stat');
  const cores = stat
    ?.filter((line) => /^cpu\d/.test(line))
    .map((line) => {
      // user nice system idle iowait irq softirq steal; guest times are in user already.
      const ticks = line.split(/\s+/).slice(1, 9).map(Number);
      const total = ticks.reduce((added, tick) => added + tick, 0);
      return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
    });
  if (cores !== undefined && cores.length > 0) return cores;
  return cpus().map(({ times }) => {
    const total = Object.values(times).reduce((added, time) => added + time, 0);
    return { busy: total - times.idle, total };
  });
}

/** What can be had at most: of the machine, or of the control group that this runs in (a container, a unit). */
async function readMemory(roots: SystemRoots): Promise<MachineCounters['memory']> {
  const meminfo = await readSystem(roots.proc, 'meminfo');
  const totalBytes = bytesOf(meminfo, 'MemTotal') ?? totalmem();
  const availableBytes = bytesOf(meminfo, 'MemAvailable') ?? freemem();
  const group = await tightestGroup(roots);
  if (group === undefined || group.limitBytes >= totalBytes) return { totalBytes, availableBytes };
  return { totalBytes: group.limitBytes, availableBytes: Math.min(availableBytes, group.freeBytes) };
}

async function readNetwork({ proc }: SystemRoots): Promise<MachineCounters['network']> {
  const devices = await lines(proc, 'net/dev');
  if (devices === undefined) return undefined;
  let receivedBytes = 0;
  let sentBytes = 0;
  for (const line of devices) {
    const [, name, figures] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || figures === undefined || name === 'lo') continue;
    const columns = figures.split(/\s+/).map(Number);
    receivedBytes += columns[0] ?? 0;
    sentBytes += columns[8] ?? 0;
  }
  return { receivedBytes, sentBytes };
}

/** Whole disks only: their partitions are counted in them. */
async function readDiskIo({ proc, sys }: SystemRoots): Promise<MachineCounters['diskIo']> {
  const disks = await readdir(`${sys}/block`).catch(() => undefined);
  const stats = await lines(proc, 'diskstats');
  if (disks === undefined || stats === undefined) return undefined;
  const real = new Set(disks.filter((name) => !/^(loop|ram|zram|dm-|md|sr)/.test(name)));
  let readBytes = 0;
  let writtenBytes = 0;
  for (const line of stats) {
    const columns = line.trim().split(/\s+/);
    if (!real.has(columns[2] ?? '')) continue;
    readBytes += Number(columns[5] ?? 0) * sectorBytes;
    writtenBytes += Number(columns[9] ?? 0) * sectorBytes;
  }
  return { readBytes, writtenBytes };
}

async function readDisk(directory: string): Promise<MachineCounters['disk']> {
  return statfs(directory).then(
    ({ bsize, blocks, bavail }) => ({ totalBytes: bsize * blocks, freeBytes: bsize * bavail }),
    () => undefined,
  );
}
