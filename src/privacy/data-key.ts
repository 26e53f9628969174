import { randomBytes } from 'node:crypto';
import { describeLength } from '../config/configuration-error.js';
import { SuperviseError } from '../errors/supervise-error.js';

const KEY_BYTES = 32;
/** age's own word for a file that is meant for somebody else. */
const NOT_FOR_US = 'no identity matched';

/** A key that records are sealed with, and the form in which it may stand in the open. */
export interface DataKey {
  readonly key: Buffer;
  /** An age file in base64: the key, encrypted to the recipient. */
  readonly wrapped: string;
}

/** A new key for `recipient`. Throws `config` when that is no recipient of age. */
export async function createDataKey(recipient: string): Promise<DataKey> {
  const { Encrypter } = await import('age-encryption');
  const key = randomBytes(KEY_BYTES);
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return { key, wrapped: Buffer.from(await encrypter.encrypt(key)).toString('base64') };
  } catch {
    // The library quotes what it was given, which may be a private key by mistake: no cause.
    throw notARecipient(recipient);
  }
}

/** Throws `config` when records could not be encrypted to `recipient`. */
export async function assertRecipient(recipient: string): Promise<void> {
  await createDataKey(recipient);
}

/**
 * The key in an age file in base64, opened with one of the identities; `foreign` when it is meant for somebody else,
 * undefined when it is no such file or was changed.
 */
export async function openDataKey(
  wrapped: string,
  identities: readonly string[],
): Promise<Buffer | 'foreign' | undefined> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    const key = Buffer.from(await decrypter.decrypt(Buffer.from(wrapped, 'base64')));
    return key.length === KEY_BYTES ? key : undefined;
  } catch (error) {
    return error instanceof Error && error.message.startsWith(NOT_FOR_US) ? 'foreign' : undefined;
  }
}

/** What an identity opens. Throws when it is none. */
export async function recipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(identity);
}

function notARecipient(text: string): SuperviseError {
  const isPrivate = /^AGE-SECRET-KEY-/i.test(text);
  return new SuperviseError(
    'config',
    isPrivate
      ? 'error_log.encrypt_to is a private key, not a recipient'
      : `error_log.encrypt_to is not a recipient of age: ${describeLength(text)}`,
    {
      hint: isPrivate
        ? 'Give the public key, which begins with age1: age-keygen -y KEYFILE prints it. Whoever saw the private one can read the logs.'
        : 'A recipient begins with age1 and ends with a checksum: age-keygen -y KEYFILE prints it.',
    },
  );
}
