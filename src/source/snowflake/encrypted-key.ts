import { readFileSync, statSync } from 'node:fs';

/** Whether a PEM file holds a private key that needs a passphrase; false for a file that cannot be read. */
export function isEncryptedKey(path: string): boolean {
  try {
    // Reading from a pipe would wait, and take what is meant for somebody else.
    if (!statSync(path).isFile()) return false;
    return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}
