import { createHmac, timingSafeEqual } from 'node:crypto';
import { SuperviseError } from '../errors/supervise-error.js';
import { nameOfKey, readKeyFile, type KeySource } from './read-key-file.js';

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
        { hint: 'Make one: (umask 077; openssl rand -hex 32 > redact.key)' },
      );
    }
    return new RedactionKey(file, key);
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
