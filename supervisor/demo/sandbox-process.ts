import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { z } from 'zod';
import { SuperviseError } from '../../src/errors/supervise-error.js';

const program = fileURLToPath(new URL('../main.js', import.meta.url));
const startedSchema = z.object({ vault_url: z.string(), control_url: z.string() });

export interface SandboxProcess {
  readonly vaultUrl: string;
  readonly controlUrl: string;
  stop(): Promise<void>;
}

/** Starts `sandbox` as a process of its own on a free port; it ends with this process at the latest. */
export async function startSandboxProcess(
  options: Readonly<Record<string, string>>,
): Promise<SandboxProcess> {
  const words = Object.entries(options).flatMap(([key, value]) => ['--option', `${key}=${value}`]);
  const child = execa(process.execPath, [program, 'sandbox', '--port', '0', ...words], {
    buffer: false,
    reject: false,
    stdin: 'ignore',
    // Ctrl-C is for the load alone: the sandbox must outlive the requests that it drains.
    detached: true,
    ipc: true,
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await child;
  };
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    child.then(() => []),
  ])) as [string?];
  const started = startedSchema.safeParse(line === undefined ? undefined : JSON.parse(line));
  if (started.success)
    return { vaultUrl: started.data.vault_url, controlUrl: started.data.control_url, stop };
  await stop();
  throw new SuperviseError('internal', 'the sandbox did not start');
}
