import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { openPrivate } from '../trust/open-private.js';
import { nameOfKey, readKeyFile, type KeySource } from './read-key-file.js';

/** What a key is made of. */
const KEY_BYTES = 32;
/** Keys of people's own making: logs of earlier versions are under such. */
const MIN_KEY_BYTES = 16;

/** Which record an HMAC is about, beside value and token: so that equal records do not look equal. */
export interface RecordPlace {
  readonly run: string;
  readonly vaultId: string;
  readonly table: string;
  /** The row in the source of `run`. */
  readonly position: number;
}

/** A user's own key, under which redacted records can be recognised, by who has it. */
export class RedactionKey {
  readonly file: string;
  /** Tells keys apart; says nothing about the key. */
  readonly id: string;
  readonly #key: Buffer;

  private constructor(file: string, key: Buffer) {
    this.file = file;
    this.#key = key;
    this.id = createHmac('sha256', key).update('skyflow-supervise redaction key').digest('hex').slice(0, 16);
  }

  /** Takes the whole file as the key, a line end behind it excepted. Throws `config` when it is too short. */
  static async read(source: KeySource): Promise<RedactionKey> {
    const file = nameOfKey(source);
    const content = await readKeyFile(source, 'redaction key');
    const key = withoutLineEnd(content);
    if (key.length < MIN_KEY_BYTES) {
      throw new SuperviseError(
        'config',
        `the redaction key ${file} has ${key.length} bytes; it needs ${MIN_KEY_BYTES} at least`,
        {
          hint: 'A load makes one of 256 random bits where the file that --redact-key names does not exist.',
        },
      );
    }
    return new RedactionKey(file, key);
  }

  /**
   * Makes a key of 256 random bits where its file does not exist yet, of mode 0600; true when it did. Throws `config` when
   * that is not possible.
   */
  static async make(file: string): Promise<boolean> {
    try {
      const handle = await openPrivate(file, 'wx+');
      try {
        await handle.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw new SuperviseError(
        'config',
        `the redaction key ${file} cannot be made (${systemCode(error) ?? 'unknown error'})`,
        { hint: 'Name a file that this user may write.', cause: error },
      );
    }
  }

  /** HMAC-SHA256 of place, value and token, in base64. */
  digest(place: RecordPlace, value: string, token: string): string {
    return this.#digest(place, value, token).toString('base64');
  }

  matches(digest: string, place: RecordPlace, value: string, token: string): boolean {
    const expected = this.#digest(place, value, token);
    const found = Buffer.from(digest, 'base64');
    return found.length === expected.length && timingSafeEqual(found, expected);
  }

  #digest({ run, vaultId, table, position }: RecordPlace, value: string, token: string): Buffer {
    const text = JSON.stringify([run, vaultId, table, position, value, token]);
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

function withoutLineEnd(content: Buffer): Buffer {
  let end = content.length;
  if (content[end - 1] === 0x0a) end -= 1;
  if (content[end - 1] === 0x0d) end -= 1;
  return content.subarray(0, end);
}
