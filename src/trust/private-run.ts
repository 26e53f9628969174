import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors/supervise-error.js';
import { assertPrivateFile, assertPrivateFolder, notOurs } from './open-private.js';

/**
 * Throws `storage` unless a directory and every file in it were made by this user (or root), nobody else may write to
 * them, and none is a link or pipe: then what stands there is what this program has written, and stays so. The modes that
 * a volume of Kubernetes gives to its group are no strangers.
 */
export async function assertPrivateRun(directory: string): Promise<void> {
  assertPrivateFolder(directory, await lstat(directory), hint);
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const stats = await lstat(file).catch((error: unknown) => {
      // A temporary file of whoever works on the run.
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) continue;
    if (stats.isSymbolicLink()) throw notOurs(file, 'it is a link', hint);
    if (stats.isDirectory()) assertPrivateFolder(file, stats, hint);
    else assertPrivateFile(file, stats, hint);
  }
}

const hint =
  'A run is worked on by the user who began it, in a directory that nobody else may write to: run the command as that ' +
  'user, or, if it is yours and as you left it, chown it and chmod -R go-w it.';
