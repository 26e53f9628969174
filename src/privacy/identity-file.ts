import { join } from 'node:path';
import { SuperviseError } from '../errors/supervise-error.js';
import { nameOfKey, readKeyFile, type KeySource } from './read-key-file.js';
import { recipientOf } from './data-key.js';
import { writeFileAtomically } from '../system/write-file.js';
import { readPrivateIfThere } from '../trust/open-private.js';

/** Private keys of age, as `age-keygen` writes them: one a line, remarks begin with `#`. */
export interface Identities {
  readonly file: string;
  readonly keys: readonly string[];
}

/** Reads an identity file. Throws `config`, which never quotes it. */
export async function readIdentities(source: KeySource): Promise<Identities> {
  const file = nameOfKey(source);
  const text = (await readKeyFile(source, 'identity file')).toString('utf8');
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys[0]?.startsWith('-----BEGIN') === true || keys[0]?.startsWith('age-encryption.org/') === true) {
    throw unusable(file, 'is encrypted itself', 'Decrypt it first with `age -d -o KEYFILE`.');
  }
  if (keys.length === 0) throw unusable(file, 'holds no identity', EXPECTED);
  for (const [at, key] of keys.entries()) {
    try {
      await recipientOf(key);
    } catch {
      // No cause: the library's message quotes the key.
      throw unusable(file, `has a line that is no identity (the ${at + 1}. that is no remark)`, EXPECTED);
    }
  }
  return { file, keys };
}

/** The recipient of the first identity of a file: what it can be trusted to open again. */
export async function recipientOfFile(source: KeySource): Promise<string> {
  const [first = ''] = (await readIdentities(source)).keys;
  return recipientOf(first);
}

const EXPECTED = 'It has to be what age-keygen writes: a line that begins with AGE-SECRET-KEY-.';

function unusable(file: string, what: string, hint: string): SuperviseError {
  return new SuperviseError('config', `the identity file ${file} ${what}`, { hint });
}

const identityFile = (runDirectory: string): string => join(runDirectory, 'error_entries.key');

/**
 * A key pair of age for the error entries of one run, whose private half stays in its directory: what a store holds can
 * be opened there and nowhere else. Resolves with the public half; the pair is made once.
 */
export async function makeRunRecipient(runDirectory: string): Promise<string> {
  const known = await readRunIdentity(runDirectory);
  if (known !== undefined) return recipientOf(known);
  const { generateIdentity } = await import('age-encryption');
  const identity = await generateIdentity();
  await writeFileAtomically(identityFile(runDirectory), `${identity}\n`, { durable: true });
  return recipientOf(identity);
}

/** The private half; undefined where the run was not begun, or its directory is lost. */
export async function readRunIdentity(runDirectory: string): Promise<string | undefined> {
  const text = await readPrivateIfThere(identityFile(runDirectory));
  return text?.trim();
}
