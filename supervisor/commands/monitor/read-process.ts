import { readdir, readlink } from 'node:fs/promises';
import { bytesOf, limitOf, parseStat, readSystem, SYSTEM_ROOTS } from '../../../src/system/proc.js';

/** What the system says of one process; absent parts are not told to this user or by this system. */
export interface ProcessReading {
  readonly pid: number;
  readonly atMs: number;
  /** User and system time of all threads, in milliseconds. */
  readonly cpuMs: number;
  /** The same of the main thread alone, which runs all JavaScript. */
  readonly mainThreadCpuMs: number;
  readonly rssBytes: number;
  readonly threads: number;
  readonly openFiles: number | undefined;
  readonly openFilesLimit: number | undefined;
  /** Established TCP connections. */
  readonly connections: number | undefined;
}

const established = '01';

/** Reads it; undefined when there is no such process, or no /proc. */
export async function readProcess(pid: number, { proc } = SYSTEM_ROOTS): Promise<ProcessReading | undefined> {
  const folder = `${proc}/${pid}`;
  const [statText, mainThread, status, limits] = await Promise.all(
    ['stat', `task/${pid}/stat`, 'status', 'limits'].map((name) => readSystem(folder, name)),
  );
  const stat = parseStat(statText);
  if (stat === undefined || status === undefined) return undefined;
  const sockets = await readSockets(folder);
  return {
    pid,
    atMs: performance.now(),
    cpuMs: stat.cpuMs,
    mainThreadCpuMs: parseStat(mainThread)?.cpuMs ?? stat.cpuMs,
    rssBytes: bytesOf(status, 'VmRSS') ?? 0,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    openFiles: sockets?.openFiles,
    openFilesLimit: limitOf(limits, 'Max open files'),
    connections: sockets?.connections,
  };
}

/** The tables of sockets are those of the whole network namespace: only those that the process holds open count. */
async function readSockets(folder: string): Promise<{ openFiles: number; connections: number } | undefined> {
  const fds = await readdir(`${folder}/fd`).catch(() => undefined);
  if (fds === undefined) return undefined;
  const targets = await Promise.all(fds.map((fd) => readlink(`${folder}/fd/${fd}`).catch(() => '')));
  const own = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const tables = await Promise.all(['net/tcp', 'net/tcp6'].map((name) => readSystem(folder, name)));
  const connections = tables
    .flatMap((table) => table?.split('\n').slice(1) ?? [])
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === established && own.has(columns[9] ?? '')).length;
  return { openFiles: fds.length, connections };
}
