import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVaultSandbox } from './vault-sandbox.js';
import type { VaultSandboxOptions } from './options.js';

/** How the sandbox is run as a command. */
export interface SandboxRun {
  readonly options: VaultSandboxOptions;
  /** Gets exactly one line of JSON, when everything listens. */
  readonly output: { write(text: string): unknown };
  /** Ends the sandbox. */
  readonly signal: AbortSignal;
}

/**
 * Runs the vault sandbox until the signal aborts; resolves when nothing listens any more. With TLS and no `caFile`
 * the authority is written to a temporary folder that goes when the sandbox ends.
 */
export async function runSandbox({ options, output, signal }: SandboxRun): Promise<void> {
  const needsFolder = options.tls === true && options.caFile === undefined;
  const folder = needsFolder ? await mkdtemp(join(tmpdir(), 'skyflow-sandbox-')) : undefined;
  try {
    const caFile = folder === undefined ? options.caFile : join(folder, 'ca.pem');
    const sandbox = await startVaultSandbox({ ...options, ...(caFile === undefined ? {} : { caFile }) });
    try {
      const line = {
        vault_url: sandbox.url,
        tls_url: sandbox.tlsUrl ?? null,
        ca_file: sandbox.caFile ?? null,
        control_url: sandbox.controlUrl,
        pid: process.pid,
      };
      output.write(`${JSON.stringify(line)}\n`);
      await untilAborted(signal);
    } finally {
      await sandbox.close();
    }
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
