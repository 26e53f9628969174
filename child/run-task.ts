import { loadVault } from './load/load-vault.js';
import type { TaskOptions, TaskResult } from './task.js';

/** Does what the job says: loads the vault, or its task. Never rejects. */
export async function runTask(options: TaskOptions): Promise<TaskResult> {
  const { task } = options.job;
  switch (task?.kind) {
    case undefined:
      return loadVault(options);
    case 'verify':
      return (await import('./verify/verify-vault.js')).verifyVault(options, task);
    case 'clear':
      return (await import('./clear/clear-vault.js')).clearVault(options, task);
    case 'undo':
      return (await import('./undo/undo-vault.js')).undoVault(options, task);
    case 'calibrate':
      return (await import('./calibrate/calibrate-vault.js')).calibrateVault(options, task);
    case 'qualify':
      return (await import('./qualify/qualify-vault.js')).qualifyVault(options, task);
    case 'plan':
      return (await import('./plan/plan-vault.js')).planVault(options);
    default:
      return task satisfies never;
  }
}
