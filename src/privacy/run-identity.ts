import { join } from 'node:path';
import { writeFileAtomically } from '../system/write-file-atomically.js';
import { readPrivateIfThere } from '../trust/open-private.js';
import { recipientOf } from './data-key.js';

const identityFile = (runDirectory: string): string => join(runDirectory, 'error_entries.key');

/**
 * A key pair of age for the error entries of one run, whose private half stays in its directory: what a store holds can
 * be opened there and nowhere else. Resolves with the public half; the pair is made once.
 */
export async function makeRunRecipient(runDirectory: string): Promise<string> {
  const known = await readRunIdentity(runDirectory);
  if (known !== undefined) return recipientOf(known);
  const { generateIdentity } = await import('age-encryption');
  const identity = await generateIdentity();
  await writeFileAtomically(identityFile(runDirectory), `${identity}\n`, { durable: true });
  return recipientOf(identity);
}

/** The private half; undefined where the run was not begun, or its directory is lost. */
export async function readRunIdentity(runDirectory: string): Promise<string | undefined> {
  const text = await readPrivateIfThere(identityFile(runDirectory));
  return text?.trim();
}
