import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../../src/errors/supervise-error.js';
import { orStorageError } from '../../../src/journal/storage-error.js';
import { fingerprintFile } from '../../../src/source/error-log/open-log.js';
import type { Evidence } from './evidence-format.js';

/** The SHA-256 of every file of a run directory, by name. Files that vanish meanwhile are left out. */
export async function makeManifest(directory: string): Promise<Evidence['manifest']> {
  const entries = await orStorageError('read', directory, readdir(directory, { withFileTypes: true }));
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const files: Evidence['manifest']['files'] = [];
  for (const name of names.sort()) {
    try {
      const { sizeBytes, sha256 } = await fingerprintFile(join(directory, name));
      files.push({ file: name, size_bytes: sizeBytes, sha256 });
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  const text = files.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
  return { files, sha256: createHash('sha256').update(text).digest('hex') };
}
