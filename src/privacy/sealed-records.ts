import { createCipheriv, createDecipheriv } from 'node:crypto';
import * as z from 'zod';
import type { LoggedVault, RawEntry } from '../error-log/error-log-entry.js';
import type { DataKey } from './data-key.js';

/** Of what is written; 1 is read. */
const VERSION = 2;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What stands in an entry in place of its values and tokens. */
export interface SealedRecords {
  /** Absent: 1, which holds no words of the vault. */
  readonly version?: number | undefined;
  /** The key of all entries that one process wrote, encrypted to the recipient: an age file in base64. */
  readonly key: string;
  /** In base64: 12 bytes, never the same twice under one key. */
  readonly nonce: string;
  /** In base64: the ciphertext and, behind it, the tag of 16 bytes. */
  readonly data: string;
}

/** An entry without its records' values: everything that is sealed with them, so that a change of it shows. */
export type SealedFacts = Pick<
  RawEntry,
  'batch_number' | 'error' | 'status_code' | 'timestamp' | 'reason' | 'request_id' | 'run'
> & { readonly records: readonly { readonly Position?: number | undefined }[] };

export interface Pair {
  readonly value: string;
  readonly token: string;
}

const pairsSchema = z.array(z.tuple([z.string(), z.string()]));
const contentSchema = z.strictObject({ said: z.string().optional(), records: pairsSchema });

/** What is sealed in an entry. */
export interface SealedContent {
  readonly pairs: readonly Pair[];
  /** The vault's own words. */
  readonly said?: string | undefined;
}

/**
 * Seals entries with one key. A key belongs to one process, so a counter is enough to never use a nonce twice: what a
 * crash cuts off a log was sealed with a key that no other process has.
 */
export class RecordSealer {
  readonly #dataKey: DataKey;
  #sealed = 0n;

  constructor(dataKey: DataKey) {
    this.#dataKey = dataKey;
  }

  seal(facts: SealedFacts, vault: LoggedVault, { pairs, said }: SealedContent): SealedRecords {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeBigUInt64BE(this.#sealed, NONCE_BYTES - 8);
    this.#sealed += 1n;
    const cipher = createCipheriv(CIPHER, this.#dataKey.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(factsAsBytes(facts, vault, VERSION));
    const plain = JSON.stringify({ said, records: pairs.map(({ value, token }) => [value, token]) });
    const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return {
      version: VERSION,
      key: this.#dataKey.wrapped,
      nonce: nonce.toString('base64'),
      data: data.toString('base64'),
    };
  }
}

/** The number of an entry among those of its key, from 0: its nonce, which its tag vouches for; -1 when it is none. */
export function sequenceOf({ nonce }: Pick<SealedRecords, 'nonce'>): number {
  const bytes = Buffer.from(nonce, 'base64');
  if (bytes.length !== NONCE_BYTES || bytes.readUInt32BE(0) !== 0) return -1;
  const number = bytes.readBigUInt64BE(NONCE_BYTES - 8);
  return number > BigInt(Number.MAX_SAFE_INTEGER) ? -1 : Number(number);
}

/** What an entry holds; undefined when anything of it is not as it was sealed. */
export function unseal(
  sealed: SealedRecords,
  key: Buffer,
  facts: SealedFacts,
  vault: LoggedVault,
): SealedContent | undefined {
  const nonce = Buffer.from(sealed.nonce, 'base64');
  const data = Buffer.from(sealed.data, 'base64');
  const { version = 1 } = sealed;
  if (nonce.length !== NONCE_BYTES || data.length < TAG_BYTES) return undefined;
  const end = data.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(factsAsBytes(facts, vault, version));
    decipher.setAuthTag(data.subarray(end));
    const plain = Buffer.concat([decipher.update(data.subarray(0, end)), decipher.final()]);
    const parsed: unknown = JSON.parse(plain.toString('utf8'));
    const { said, records } =
      version === 1 ? { said: undefined, records: pairsSchema.parse(parsed) } : contentSchema.parse(parsed);
    if (records.length !== facts.records.length) return undefined;
    return { said, pairs: records.map(([value, token]) => ({ value, token })) };
  } catch {
    // The errors of parsers may quote a record.
    return undefined;
  }
}

function factsAsBytes(facts: SealedFacts, vault: LoggedVault, version: number): Buffer {
  return Buffer.from(
    JSON.stringify([
      `skyflow-supervise sealed records ${version}`,
      [facts.run ?? null, vault.name, vault.id, vault.table, vault.column],
      [facts.batch_number, facts.error, facts.status_code],
      [facts.timestamp ?? null, facts.reason ?? null, facts.request_id ?? null],
      facts.records.map(({ Position }) => Position ?? null),
    ]),
  );
}
