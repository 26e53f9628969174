import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { readTrusted } from '../trust/open-trusted.js';

const MAX_KEY_FILE_BYTES = 1 << 20;

/** The content of a file with a key in it; `what` names it in errors. Throws `config` when it cannot be read. */
export async function readKeyFile(file: string, what: string): Promise<Buffer> {
  try {
    const content = await readTrusted(file, MAX_KEY_FILE_BYTES);
    if (content.length <= MAX_KEY_FILE_BYTES) return content;
  } catch (error) {
    if (error instanceof SuperviseError) throw error;
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
