import { createHmac, randomBytes } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SuperviseError, systemCode } from '../errors/supervise-error.js';
import { orStorageError, storageError } from '../journal/storage-error.js';
import { openPrivate, readPrivate } from './open-private.js';

/** What keys are derived for; never the same key for two of them. */
type Purpose = 'calibration' | 'fingerprints' | 'inserted';

const keyBytes = 32;

/**
 * This user's key for one purpose, derived from 256 random bits in the state folder, which are drawn when first wanted
 * and which nobody else can read. Throws `storage` when the file is not ours or not what was written.
 */
export async function userKey(stateFolder: string, purpose: Purpose): Promise<Buffer> {
  const file = join(stateFolder, 'key');
  const text = await readPrivate(file).catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw storageError('read', file, error);
    await orStorageError('write', file, draw(file));
    return readPrivate(file);
  });
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length !== keyBytes) {
    throw new SuperviseError('storage', `${file} does not hold the key that this program wrote`, {
      hint: 'Put it back from a copy, or remove it: a new one is drawn.',
    });
  }
  return createHmac('sha256', key).update(`skyflow-supervise ${purpose}`).digest();
}

/** Complete under its name or not there at all, whoever else draws one at the same time. */
async function draw(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  const handle = await openPrivate(draft, 'wx+');
  try {
    await handle.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`);
    await handle.sync();
    await link(draft, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}
