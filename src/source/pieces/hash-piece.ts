import { createHash, hash, type Hash } from 'node:crypto';

export const DIGEST_BYTES = 32;

/** What tells one piece of a file from another: the one place that says how. */
export function hashPiece(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** What tells one file from another, of its bytes in order. */
export function hashWhole(): Hash {
  return createHash('sha256');
}
