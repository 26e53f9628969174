import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { orStorageError } from '../journal/storage-error.js';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

/**
 * Replaces a file by one of mode 0600 with this content: a reader sees the old or the new one, never a part.
 * `durable` also survives a power cut. Throws `storage`, which names the file; the one that stood there stays.
 */
export async function writeFileAtomically(
  file: string,
  content: string,
  options: { durable?: boolean } = {},
): Promise<void> {
  await orStorageError('write', file, replace(file, content, options));
}

async function replace(file: string, content: string, options: { durable?: boolean }): Promise<void> {
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    if (options.durable === true) await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Writes what a person asked for to a file of mode 0600 that is not there yet. Throws `usage`, which names it. */
export async function writeNewFile(file: string, content: string | Buffer): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new SuperviseError('usage', `${file} cannot be written (${systemCode(error) ?? 'unknown error'})`, {
      hint: 'Name a file that is not there yet, in a folder that is: --out FILE.',
      cause: error,
    });
  }
}
