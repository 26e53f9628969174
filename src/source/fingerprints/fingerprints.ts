import { createCipheriv, createHash, createHmac, hash, randomBytes, type Hash } from 'node:crypto';
import { SuperviseError } from '../../errors/supervise-error.js';

export const DIGEST_BYTES = 32;

/**
 * What content is told by. `gmac`: an authentication code of each piece under the key, in a fifth of the time of SHA-256, and of
 * whole files the codes of all their pieces. `sha256`: what earlier versions wrote down, and whoever has no key still does.
 */
export type FingerprintForm = 'gmac' | 'sha256';

/** One for all pieces: it needs to be another each time where the code itself is shown, which it never is. */
const nonce = Buffer.alloc(12);

/** The SHA-256 of bytes in order. */
export function hashWhole(): Hash {
  return createHash('sha256');
}

/**
 * How content is told apart in what a run writes down: by HMACs under the key of the run, so that a guess of what a small
 * file holds cannot be tried out without the key. Runs of version 0.1 have none: there it is the SHA-256 itself.
 */
export class Fingerprints {
  /** For what is compared and written down nowhere. */
  static readonly plain = new Fingerprints(undefined, 'this process', randomBytes(32));
  /** Tells keys apart, and nothing about them; undefined: there is none. */
  readonly keyId: string | undefined;
  /** In hex; a secret. */
  readonly key: string | undefined;
  readonly #key: Buffer | undefined;
  readonly #pieceKey: Buffer | undefined;
  readonly #whose: string;

  private constructor(key: string | undefined, whose = 'the run', pieceKey?: Buffer) {
    this.key = key;
    this.#key = key === undefined ? undefined : Buffer.from(key, 'hex');
    this.#pieceKey = pieceKey;
    this.#whose = whose;
    if (this.#key === undefined) return;
    const named = (name: string): Buffer => this.of(Buffer.from(`skyflow-supervise key of ${name}`));
    this.keyId = named('fingerprints').toString('hex').slice(0, 16);
    this.#pieceKey = named('pieces');
  }

  /** `key`: in hex, as `RunStore` keeps it; undefined in runs of version 0.1. `whose`: in words, for errors. */
  static of(key: string | undefined, whose?: string): Fingerprints {
    return new Fingerprints(key, whose);
  }

  /** How pieces and files are told from now on. */
  get form(): FingerprintForm {
    return this.#pieceKey === undefined ? 'sha256' : 'gmac';
  }

  /**
   * What a piece is told by, of `DIGEST_BYTES`. Who does not know the key finds another piece with the same GMAC by a chance of
   * 2^-111 at most; and sees no more than an HMAC of it, by which no key can be found and no guess be tried out.
   */
  ofPiece(bytes: Buffer, form = this.form): Buffer {
    if (form === 'sha256' || this.#pieceKey === undefined) return this.of(hash('sha256', bytes, 'buffer'));
    const mac = createCipheriv('aes-256-gcm', this.#pieceKey, nonce);
    mac.setAAD(bytes);
    mac.final();
    return createHmac('sha256', this.#pieceKey).update(mac.getAuthTag()).digest();
  }

  /**
   * Of a file, by what its pieces are told by with GMAC, one behind the other; written down with the name of its key, if that
   * has one: `gmac-<16 digits>:<64 digits>`.
   */
  ofPieces(told: Buffer): string {
    if (this.#pieceKey === undefined) throw new RangeError('without a key pieces are told by SHA-256');
    const digits = createHmac('sha256', this.#pieceKey).update(told).digest('hex');
    return this.keyId === undefined ? `gmac:${digits}` : `gmac-${this.keyId}:${digits}`;
  }

  /** The same by its SHA-256, in hex: `hmac-<16 digits>:<64 digits>`, without a key 64 digits alone. */
  ofWhole(sha256: string): string {
    const digits = this.of(Buffer.from(sha256, 'hex')).toString('hex');
    return this.keyId === undefined ? digits : `hmac-${this.keyId}:${digits}`;
  }

  /** Whether it is the fingerprint of content with this SHA-256. Throws `storage` when another key made it. */
  isOf(fingerprint: string, sha256: string): boolean {
    this.assertOwn(fingerprint);
    return fingerprint === this.ofWhole(sha256);
  }

  /** Throws `storage` when a fingerprint was made with another key: whether the content is the same, nobody can tell. */
  assertOwn(fingerprint: string): void {
    this.assertKey(keyIdOf(fingerprint));
  }

  /** The same of whatever names its key beside it. */
  assertKey(keyId: string | undefined): void {
    if (keyId !== this.keyId) throw anotherKey(this.#whose);
  }

  /** Of a digest. */
  of(sha256: Buffer): Buffer {
    return this.#key === undefined ? sha256 : createHmac('sha256', this.#key).update(sha256).digest();
  }
}

/** What a piece is told by, as it is written down: `gmac:<64 digits>`, or the digits of a SHA-256 alone. */
export function pieceText(told: Buffer, form: FingerprintForm): string {
  return form === 'sha256' ? told.toString('hex') : `gmac:${told.toString('hex')}`;
}

/** How a piece or a file was told that stands so. */
export function fingerprintForm(text: string): FingerprintForm {
  return text.startsWith('gmac') ? 'gmac' : 'sha256';
}

/** Throws `storage` when two fingerprints were made with different keys: then they say nothing about each other. */
export function assertSameKey(one: string, other: string, whose: string): void {
  if (keyIdOf(one) !== keyIdOf(other)) throw anotherKey(whose);
}

function keyIdOf(fingerprint: string): string | undefined {
  return /^[gh]mac-([^:]*):/.exec(fingerprint)?.[1];
}

function anotherKey(whose: string): SuperviseError {
  return new SuperviseError(
    'storage',
    `the key of ${whose}, which tells whether files are the ones that it read, is missing or another one`,
    { hint: 'Put fingerprint.key back into its directory: it is made with the run and never changes.' },
  );
}
