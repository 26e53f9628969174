import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VaultSandboxOptions } from './options.js';
import type { SnowflakeSandboxInput } from './snowflake/options.js';
import type { SnowflakeSandbox } from './snowflake/snowflake-sandbox.js';
import { startVaultSandbox } from './vault-sandbox.js';

/** How the sandbox is run as a command. */
export interface SandboxRun {
  readonly options: VaultSandboxOptions;
  /** A Snowflake too, in the same process; absent: the vault alone. */
  readonly snowflake?: SnowflakeSandboxInput | undefined;
  /** Gets exactly one line of JSON, when everything listens. */
  readonly output: { write(text: string): unknown };
  /** Ends the sandbox. */
  readonly signal: AbortSignal;
}

/**
 * Runs the vault sandbox, and the Snowflake beside it, until the signal aborts; resolves when nothing listens any more. With TLS and no `caFile`
 * the authority is written to a temporary folder that goes when the sandbox ends.
 */
export async function runSandbox({ options, snowflake, output, signal }: SandboxRun): Promise<void> {
  const needsFolder = options.tls === true && options.caFile === undefined;
  const folder = needsFolder ? await mkdtemp(join(tmpdir(), 'skyflow-sandbox-')) : undefined;
  try {
    const caFile = folder === undefined ? options.caFile : join(folder, 'ca.pem');
    const sandbox = await startVaultSandbox({ ...options, ...(caFile === undefined ? {} : { caFile }) });
    let account: SnowflakeSandbox | undefined;
    try {
      if (snowflake !== undefined) account = await startSnowflake(snowflake);
      const line = {
        vault_url: sandbox.url,
        tls_url: sandbox.tlsUrl ?? null,
        ca_file: sandbox.caFile ?? null,
        control_url: sandbox.controlUrl,
        snowflake_url: account?.accessUrl ?? null,
        snowflake_control_url: account?.controlUrl ?? null,
        pid: process.pid,
      };
      output.write(`${JSON.stringify(line)}\n`);
      await untilAborted(signal);
    } finally {
      await Promise.all([sandbox.close(), account?.close()]);
    }
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Its SQL engine is an optional dependency: it is looked for only when it is asked for. */
async function startSnowflake(input: SnowflakeSandboxInput): Promise<SnowflakeSandbox> {
  const { startSnowflakeSandbox } = await import('./snowflake/snowflake-sandbox.js');
  return startSnowflakeSandbox(input);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
