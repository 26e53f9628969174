import * as z from 'zod';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { readTrusted } from '../trust/open-trusted.js';

const MAX_KEY_FILE_BYTES = 1 << 20;

/** A key: the file that holds it, or its own text (of the environment or a command). */
export const keySourceSchema = z.union([z.string(), z.strictObject({ text: z.string() })]);
export type KeySource = z.infer<typeof keySourceSchema>;

/** The content of a key; `what` names it in errors. Throws `config` when its file cannot be read. */
export async function readKeyFile(source: KeySource, what: string): Promise<Buffer> {
  if (typeof source !== 'string') return Buffer.from(source.text);
  const file = source;
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

/** A key's file, or that it has none, for people. */
export function nameOfKey(source: KeySource): string {
  return typeof source === 'string' ? source : 'that was given as a text';
}
