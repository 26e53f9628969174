import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { SuperviseError } from '../../errors/supervise-error.js';
import { orStorageError } from '../../journal/storage-error.js';

/** A file and its content at one moment. */
export interface FileFingerprint {
  readonly sizeBytes: number;
  /** ISO 8601, UTC. */
  readonly modifiedAt: string;
  /** Of the whole content, in hex. */
  readonly sha256: string;
}

/** Reads a regular file whole, in constant memory. Throws `storage` when it cannot be read. */
export async function fingerprintFile(file: string, signal?: AbortSignal): Promise<FileFingerprint> {
  const handle = await orStorageError('open', file, open(file, 'r'));
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      throw new SuperviseError('storage', `${file} is not a regular file`, {
        hint: 'It has to be read more than once: name a file.',
      });
    }
    const hash = createHash('sha256');
    const stream = handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20, signal });
    for await (const chunk of stream) hash.update(chunk as Buffer);
    return { sizeBytes: found.size, modifiedAt: found.mtime.toISOString(), sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
