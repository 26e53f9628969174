import { createCipheriv, randomBytes } from 'node:crypto';

export const SEAL_BYTES = 16;

const key = randomBytes(16);
const nonce = Buffer.alloc(12);

/**
 * What this process tells by that bytes are those it has seen before: GMAC, five times as fast as SHA-256. Its key is drawn
 * here, and like the seals is nowhere written down: whoever changes a piece meets its seal by a chance of 2^-111 at most,
 * whatever is written there. So it says nothing to any other process; what others compare are `Fingerprints`.
 */
export function sealOf(bytes: Buffer): Buffer {
  const mac = createCipheriv('aes-128-gcm', key, nonce);
  mac.setAAD(bytes);
  mac.final();
  return mac.getAuthTag();
}
