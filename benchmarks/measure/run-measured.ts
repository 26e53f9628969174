import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import type { StopRequests } from '../command-line/stop-requests.js';
import { reapedCpuMs } from '../../src/system/proc.js';

/** How a measured command ended, and what it cost. */
export interface MeasuredCommand {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the process to its end. */
  readonly wallMs: number;
  /** User and system time of the process and of all its descendants; undefined where the system does not tell. */
  readonly cpuMs: number | undefined;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stop: StopRequests;
}

let running = false;

/**
 * Runs a Node program to its end and measures it. Its CPU time is what the system adds to this process' account of
 * finished children, so only one command is measured at a time: a second one at the same time throws.
 */
export async function runMeasured(
  argv: readonly string[],
  { cwd, environment, stop }: CommandOptions,
): Promise<MeasuredCommand> {
  if (running) throw new Error('two commands cannot be measured at the same time');
  running = true;
  try {
    const cpuBeforeMs = reapedCpuMs();
    const startedMs = performance.now();
    const child = spawn(process.execPath, argv, {
      cwd,
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const release = stop.passOn((signal) => child.kill(signal));
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]).finally(release);
    const wallMs = performance.now() - startedMs;
    const cpuAfterMs = reapedCpuMs();
    const cpuMs =
      cpuBeforeMs === undefined || cpuAfterMs === undefined ? undefined : cpuAfterMs - cpuBeforeMs;
    return { status, stdout, stderr, wallMs, cpuMs };
  } finally {
    running = false;
  }
}
