import { readFile, stat } from 'node:fs/promises';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';

const MAX_KEY_FILE_BYTES = 1 << 20;

/** The content of a file with a key in it; `what` names it in errors. Throws `config` when it cannot be read. */
export async function readKeyFile(file: string, what: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= MAX_KEY_FILE_BYTES) return await readFile(file);
  } catch (error) {
    throw new SuperviseError(
      'config',
      `the ${what} ${file} cannot be read (${systemCode(error) ?? 'unreadable'})`,
      { hint: 'Name a file that this user may read.', cause: error },
    );
  }
  throw new SuperviseError('config', `the ${what} ${file} is larger than ${MAX_KEY_FILE_BYTES} bytes`, {
    hint: 'Name the file that holds the key and nothing else.',
  });
}

/** A warning when others on this machine may read a file; undefined when not, or when there is no such file. */
export async function warnOfReadableKey(file: string, what: string): Promise<string | undefined> {
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0,
  );
  if ((mode & 0o044) === 0) return undefined;
  return `others on this machine may read the ${what} ${file} (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 ${file}`;
}
