import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { filesAmongRuns } from '../../run-record/files-among-runs.js';
import { isRunId } from '../../run-record/run-id.js';
import { readPrivateIfThere } from '../../trust/open-private.js';
import {
  acquireLoadLock,
  loadFile,
  type DebtKind,
  type LoadLockOptions,
  type VaultTable,
  type LockFolders,
} from '../load-lock.js';
import { DurableFile } from '../durable-file.js';
import type { Lock } from '../lock.js';
import { orStorageError } from '../storage-error.js';
import type { Debts, Runs, RunStore } from '../run-store.js';
import { FileRunStore } from './file-run-store.js';

/** A directory that has a directory for each run. */
export class FileRuns implements Runs {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async ids(): Promise<string[]> {
    return (await filesAmongRuns(this.#directory)).filter(isRunId).sort();
  }

  open(runId: string): RunStore {
    return new FileRunStore(join(this.#directory, runId));
  }

  lockTarget(target: VaultTable, folders: LockFolders, options: LoadLockOptions): Promise<Lock> {
    return acquireLoadLock(folders, target, options);
  }

  debts(target: VaultTable, { stateFolder }: LockFolders, kind: DebtKind): Debts {
    const place = loadFile(stateFolder, target, kind);
    return {
      place,
      read: () => orStorageError('read', place, readPrivateIfThere(place)),
      begin: () => DurableFile.open(place, 'w+'),
      remove: () => rm(place, { force: true }),
    };
  }
}
