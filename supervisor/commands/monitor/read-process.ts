import { readdir, readFile, readlink } from 'node:fs/promises';
import { SYSTEM_ROOTS } from './read-machine.js';

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

/** Linux counts CPU time in hundredths of a second towards programs, whatever the kernel's own clock. */
const msPerTick = 10;
const established = '01';

/** Reads it; undefined when there is no such process, or no /proc. */
export async function readProcess(pid: number, { proc } = SYSTEM_ROOTS): Promise<ProcessReading | undefined> {
  const folder = `${proc}/${pid}`;
  const [stat, mainThread, status, limits] = await Promise.all(
    ['stat', `task/${pid}/stat`, 'status', 'limits'].map((name) => text(`${folder}/${name}`)),
  );
  if (stat === undefined || status === undefined) return undefined;
  const kibibytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
  const openLimit = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  const sockets = await readSockets(folder);
  return {
    pid,
    atMs: performance.now(),
    cpuMs: cpuMsOf(stat),
    mainThreadCpuMs: cpuMsOf(mainThread ?? stat),
    rssBytes: Number(kibibytes ?? 0) * 1024,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    openFiles: sockets?.openFiles,
    openFilesLimit: openLimit === undefined ? undefined : Number(openLimit),
    connections: sockets?.connections,
  };
}

/** Fields 14 and 15; the second one is the name in parentheses and may itself hold blanks and parentheses. */
function cpuMsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * msPerTick;
}

/** The tables of sockets are those of the whole network namespace: only those that the process holds open count. */
async function readSockets(folder: string): Promise<{ openFiles: number; connections: number } | undefined> {
  const fds = await readdir(`${folder}/fd`).catch(() => undefined);
  if (fds === undefined) return undefined;
  const targets = await Promise.all(fds.map((fd) => readlink(`${folder}/fd/${fd}`).catch(() => '')));
  const own = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const tables = await Promise.all([text(`${folder}/net/tcp`), text(`${folder}/net/tcp6`)]);
  const connections = tables
    .flatMap((table) => table?.split('\n').slice(1) ?? [])
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === established && own.has(columns[9] ?? '')).length;
  return { openFiles: fds.length, connections };
}

async function text(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
