import type { Findings } from '../src/protocol/task.js';
import { loadVault, type LoadVaultOptions, type VaultResult } from './load-vault.js';

/** How a vault ended in this process, whatever was to be done with it. */
export interface TaskResult extends VaultResult {
  readonly findings?: Findings | undefined;
}

/** Does what the job says: loads the vault, or its task. Never rejects. */
export async function runTask(options: LoadVaultOptions): Promise<TaskResult> {
  const { task } = options.job;
  if (task === undefined) return loadVault(options);
  return (await import('./verify-vault.js')).verifyVault(options, task);
}
