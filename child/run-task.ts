import type { Findings } from '../src/protocol/task.js';
import { loadVault, type LoadVaultOptions, type VaultResult } from './load-vault.js';

/** How a vault ended in this process, whatever was to be done with it. */
export interface TaskResult extends VaultResult {
  readonly findings?: Findings | undefined;
}

/** Does what the job says: loads the vault, or its task. Never rejects. */
export async function runTask(options: LoadVaultOptions): Promise<TaskResult> {
  const { task } = options.job;
  switch (task?.kind) {
    case undefined:
      return loadVault(options);
    case 'verify':
      return (await import('./verify-vault.js')).verifyVault(options, task);
    case 'clear':
      return (await import('./clear-vault.js')).clearVault(options, task);
    case 'calibrate':
      return (await import('./calibrate-vault.js')).calibrateVault(options, task);
    default:
      return task satisfies never;
  }
}
