import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import * as z from 'zod';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { packageFolder } from '../../../src/product/product.js';

const program = join(packageFolder, 'dist/supervisor/main.js');
const startedSchema = z.object({
  vault_url: z.string(),
  control_url: z.string(),
  snowflake_url: z.string().nullable(),
  snowflake_control_url: z.string().nullable(),
});

export interface SandboxProcess {
  readonly vaultUrl: string;
  readonly controlUrl: string;
  /** The Snowflake beside the vault, when it was asked for. */
  readonly snowflake: { readonly accessUrl: string; readonly controlUrl: string } | undefined;
  stop(): Promise<void>;
}

export interface SandboxWishes {
  /** `--option`, by key. */
  readonly options: Readonly<Record<string, string>>;
  readonly snowflake: boolean;
}

/**
 * Starts `sandbox` as a process of its own on a free port; it ends with this process at the latest. Throws `usage`
 * with what the sandbox says when it does not start.
 */
export async function startSandboxProcess({ options, snowflake }: SandboxWishes): Promise<SandboxProcess> {
  const words = Object.entries(options).flatMap(([key, value]) => ['--option', `${key}=${value}`]);
  if (snowflake) words.push('--snowflake');
  const child = execa(process.execPath, [program, 'sandbox', '--port', '0', ...words], {
    buffer: false,
    reject: false,
    stdin: 'ignore',
    // Ctrl-C is for the load alone: the sandbox must outlive the requests that it drains.
    detached: true,
    ipc: true,
  });
  const complaint = text(child.stderr);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await child;
  };
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    child.then(() => []),
  ])) as [string?];
  const started = startedSchema.safeParse(line === undefined ? undefined : JSON.parse(line));
  if (!started.success) {
    await stop();
    const [reason = '', ...hint] = (await complaint).trim().split('\n');
    throw new SuperviseError('usage', `the sandbox did not start: ${reason.replace(/^error: /, '')}`, {
      hint: hint.length === 0 ? undefined : hint.join('\n'),
    });
  }
  const { vault_url, control_url, snowflake_url, snowflake_control_url } = started.data;
  return {
    vaultUrl: vault_url,
    controlUrl: control_url,
    snowflake:
      snowflake_url === null || snowflake_control_url === null
        ? undefined
        : { accessUrl: snowflake_url, controlUrl: snowflake_control_url },
    stop,
  };
}
