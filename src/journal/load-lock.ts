import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { assertPrivateFolder } from '../trust/open-private.js';
import { acquireLock, holderOf, type Lock, type LockOptions } from './lock.js';

/** A table of a vault: what one load at a time writes into. */
export interface VaultTable {
  readonly vaultUrl: string;
  readonly vaultId: string;
  readonly table: string;
}

/** Who leaves records behind in a table when it is killed. */
export type DebtKind = 'calibration' | 'qualification';

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
  /** Of a load that has the table's lock: which of its lanes this process is, and who has that lock. */
  readonly lane?: LoadLane | undefined;
}

export interface LoadLane {
  readonly index: number;
  readonly supervisorPid: number;
}

/**
 * Takes the lock of all loads of this user on this host into one table of one vault.
 *
 * A load may have several processes in its lanes. Its supervisor has this lock, and each of them one of its own (`lane`),
 * which it may outlive its supervisor with: whoever takes the table's lock waits for those too. A lane that has its own lock
 * looks whether its supervisor still has the table's. So of a new load and a lane that is left over from the load before one
 * sees the other, whoever comes first.
 */
export async function acquireLoadLock(
  { stateFolder, formerLockFolder }: LockFolders,
  target: VaultTable,
  options: LoadLockOptions,
): Promise<Lock> {
  const file = loadFile(stateFolder, target, 'lock');
  if (options.lane !== undefined) return acquireLaneLock(file, options.lane, options);
  const lock = await acquireLock(file, options);
  try {
    await waitForLanes(file, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
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

async function acquireLaneLock(
  file: string,
  { index, supervisorPid }: LoadLane,
  options: LoadLockOptions,
): Promise<Lock> {
  const lock = await acquireLock(`${file}.lane-${index}`, options);
  if ((await holderOf(file)) === supervisorPid) return lock;
  await lock.release();
  throw new SuperviseError('locked', `${options.describe}: the load that this process belongs to is gone`);
}

async function waitForLanes(file: string, options: LoadLockOptions): Promise<void> {
  const isLane = new RegExp(`^${basename(file).replaceAll('.', '\\.')}\\.lane-\\d+$`);
  for (const name of (await readdir(dirname(file))).filter((each) => isLane.test(each)))
    await (await acquireLock(join(dirname(file), name), options)).release();
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
export function loadFile(folder: string, target: VaultTable, kind: 'lock' | DebtKind): string {
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
