import { createHash } from 'node:crypto';
import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertPrivateFolder } from '../trust/open-private.js';
import { acquireLock, type Lock, type LockOptions } from './lock.js';

/** A table of a vault: what one load at a time writes into. */
export interface VaultTable {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
}

const mostAttempts = 100;

/** Where locks of loads are. */
export interface LockFolders {
  readonly stateFolder: string;
  /** Where the release before this one took them: it may be running still. */
  readonly formerLockFolder?: string | undefined;
}

export interface LoadLockOptions extends LockOptions {
  /** Told when the former place is not ours to look at: the load goes on without it. */
  readonly onPassedOver?: ((message: string) => void) | undefined;
}

/** Takes the lock of all loads of this user on this host into one table of one vault. */
export async function acquireLoadLock(
  { stateFolder, formerLockFolder }: LockFolders,
  target: VaultTable,
  options: LoadLockOptions,
): Promise<Lock> {
  const lock = await acquireLock(loadFile(stateFolder, target, 'lock'), options);
  if (formerLockFolder === undefined) return lock;
  try {
    const former = await acquireFormer(formerLockFolder, target, options);
    return {
      release: async () => {
        await former?.release();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The last one that gives its lock up takes the folder along: nothing of ours stays in a temporary directory. */
async function acquireFormer(
  folder: string,
  target: VaultTable,
  options: LoadLockOptions,
): Promise<Lock | undefined> {
  // Another load may take the empty folder along at any moment before our lock is in it.
  for (let attempt = 1; ; attempt += 1) {
    if (!(await isUsable(folder, options))) return undefined;
    try {
      const lock = await acquireLock(loadFile(folder, target, 'lock'), options);
      return {
        release: async () => {
          await lock.release();
          await rmdir(folder).catch(() => undefined);
        },
      };
    } catch (error) {
      const vanished = error instanceof SuperviseError && systemCode(error.cause) === 'ENOENT';
      if (!vanished || attempt === mostAttempts) throw error;
    }
  }
}

/**
 * A file about the loads into one table, in a folder that the loads of a host share. The server belongs to the name:
 * sandboxes on their own ports may hold vaults of one id.
 */
export function loadFile(folder: string, target: VaultTable, kind: 'lock' | 'calibration'): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([new URL(target.vaultUrl).host, target.vaultId, target.table]))
    .digest('hex');
  return join(folder, `load_${digest.slice(0, 24)}.${kind}`);
}

/** Whether the former folder is there, or can be made: a temporary directory may be read-only, or somebody else's. */
async function isUsable(folder: string, { onPassedOver }: LoadLockOptions): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      assertPrivateFolder(folder, await lstat(folder));
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT' && attempt < mostAttempts) continue;
      if (error instanceof SuperviseError)
        onPassedOver?.(
          `${error.message}; a load by an older version of this program would not be seen there`,
        );
      return false;
    }
  }
}
