import { createCipheriv, createHmac } from 'node:crypto';

/** What a file is told by under the key of a run, as docs/run-directory.md has it made without this program. */
export function keyedFingerprint(content: Buffer, key: string): string {
  const mac = (under: Buffer, bytes: Buffer): Buffer => createHmac('sha256', under).update(bytes).digest();
  const pieceKey = mac(Buffer.from(key, 'hex'), Buffer.from('skyflow-supervise key of pieces'));
  const told: Buffer[] = [];
  for (let at = 0; at < content.length; at += 1_048_576) {
    const cipher = createCipheriv('aes-256-gcm', pieceKey, Buffer.alloc(12));
    cipher.setAAD(content.subarray(at, at + 1_048_576));
    cipher.final();
    told.push(mac(pieceKey, cipher.getAuthTag()));
  }
  return mac(pieceKey, Buffer.concat(told)).toString('hex');
}
