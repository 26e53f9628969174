import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fixedLatency, type LatencyProfile } from '../target/latency-profile.js';
import type { SinkProcess } from '../target/sandbox-process.js';

/** A vault that takes everything and keeps nothing, in a process of its own: it leaves the machine to what is measured. */
export interface Sink extends SinkProcess {
  /** When the first request to each vault and table came, in milliseconds since 1970, in that order. */
  readonly firstRequestsMs: readonly number[];
}

/** Starts a sink on a free port. It has fixed latencies only. */
export async function startSink({ fixedMs }: LatencyProfile = fixedLatency(0)): Promise<Sink> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const firstRequestsMs: number[] = [];
  const lines = createInterface(child.stdout);
  const closed = once(child, 'close');
  const [vaultUrl] = (await Promise.race([
    once(lines, 'line'),
    closed.then(() => Promise.reject(new Error('the sink did not start'))),
  ])) as [string];
  lines.on('line', (line) => firstRequestsMs.push(Number(line)));
  const setLatency = async (profile: LatencyProfile): Promise<void> => {
    await new Promise((resolve) => child.stdin.write(`${profile.fixedMs}\n`, resolve));
  };
  await setLatency(fixedLatency(fixedMs));
  return {
    vaultUrl,
    firstRequestsMs,
    setLatency,
    reset: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await closed;
    },
  };
}
