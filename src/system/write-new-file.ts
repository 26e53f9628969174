import { open } from 'node:fs/promises';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

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
