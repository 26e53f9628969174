import { writeSync, ftruncateSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../errors/supervise-error.js';
import { openPrivate } from '../trust/open-private.js';
import { orStorageError, storageError } from './storage-error.js';

/**
 * A file of one writer: writes are synchronous and complete (or throw a storage error), and are on the disk when
 * `sync` has resolved. `length` is what this writer has put there; nobody else writes.
 */
export class DurableFile {
  readonly path: string;
  readonly handle: FileHandle;
  #length: number;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path;
    this.handle = handle;
    this.#length = length;
  }

  /** Opens for reading and writing; `flags` as in fs.open (`r+`: must exist, `wx+`: must not). Links are not followed. */
  static async open(path: string, flags: 'r+' | 'w+' | 'wx+'): Promise<DurableFile> {
    const handle = await orStorageError('open', path, openPrivate(path, flags));
    try {
      const { size } = await orStorageError('read', path, handle.stat());
      return new DurableFile(path, handle, size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get length(): number {
    return this.#length;
  }

  append(text: string): void {
    this.writeAt(Buffer.from(text), this.#length);
  }

  /** Writes all of `bytes` at `position`, in one system call unless the system takes less. */
  writeAt(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.handle.fd, bytes, done, bytes.length - done, position + done);
      }
    } catch (error) {
      throw storageError('write', this.path, error);
    }
    this.#length = Math.max(this.#length, position + bytes.length);
  }

  truncate(length: number): void {
    try {
      ftruncateSync(this.handle.fd, length);
    } catch (error) {
      throw storageError('write', this.path, error);
    }
    this.#length = length;
  }

  /** Resolves when everything written so far would survive a power failure. */
  async sync(): Promise<void> {
    await orStorageError('write', this.path, this.handle.datasync());
  }

  async close(): Promise<void> {
    await orStorageError('close', this.path, this.handle.close());
  }
}

/** Makes what others have written to a file survive a power failure. */
export async function syncFile(path: string): Promise<void> {
  const handle = await orStorageError('open', path, openPrivate(path, 'r'));
  try {
    await orStorageError('write', path, handle.datasync());
  } finally {
    await handle.close();
  }
}

/** Makes files created, renamed or removed in the folder of `path` survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const handle = await orStorageError('open', folder, open(folder, 'r'));
  try {
    await orStorageError('write', folder, handle.sync());
  } finally {
    await handle.close();
  }
}

/** Whether there is a file; throws a storage error where that cannot be told. */
export async function isFileThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw storageError('read', file, error);
  }
}
