import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import type { LatencyProfile } from './latency-profile.js';
import { cleanEnvironment, measuredProgram } from './program.js';

const startedSchema = z.object({ vault_url: z.string(), control_url: z.string() });

/** A vault sandbox in a process of its own. */
export interface SinkProcess extends AsyncDisposable {
  readonly vaultUrl: string;
  /** Changes the latency from the next request on. */
  setLatency(profile: LatencyProfile): Promise<void>;
  /** Forgets every record; the latency stays. */
  reset(): Promise<void>;
}

/**
 * Starts `skyflow-supervise sandbox` on a free port, with a store that only counts records: it shares the machine
 * with what is measured. It ends with this process at the latest, and Ctrl-C does not reach it, since it must
 * outlive the requests of a load that is being stopped.
 */
export async function startSandbox(profile: LatencyProfile): Promise<SinkProcess> {
  const options = [
    'store=counts',
    ...Object.entries(latencyOf(profile)).map(([key, value]) => `latency.${key}=${value}`),
  ];
  const argv = [
    measuredProgram,
    'sandbox',
    '--port',
    '0',
    ...options.flatMap((option) => ['--option', option]),
  ];
  const child = spawn(process.execPath, argv, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the sandbox has no output');
  const ended = once(child, 'exit');
  const complaint = text(stderr);
  const [line] = (await Promise.race([
    once(createInterface({ input: stdout }), 'line'),
    ended.then(async () => {
      throw new Error(`the sandbox did not start: ${await complaint}`);
    }),
  ])) as [string];
  const { vault_url: vaultUrl, control_url: controlUrl } = startedSchema.parse(JSON.parse(line));
  const control = async (method: string, path: string, body?: string): Promise<void> => {
    const answer = await fetch(`${controlUrl}/sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    if (!answer.ok) throw new Error(`sandbox ${path}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  let latest = profile;
  const setLatency = async (next: LatencyProfile): Promise<void> => {
    latest = next;
    await control('PATCH', 'faults', JSON.stringify({ latency: latencyOf(next) }));
  };
  return {
    vaultUrl,
    setLatency,
    async reset() {
      await control('POST', 'reset');
      // The sandbox forgets that too: it is as it was when it was started.
      await setLatency(latest);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function latencyOf({ fixedMs, p50Ms, p99Ms }: LatencyProfile): Record<'fixedMs' | 'p50Ms' | 'p99Ms', number> {
  return { fixedMs, p50Ms, p99Ms };
}
