import { openStateFolder } from '../../src/trust/state-folder.js';
import { userKey } from '../../src/trust/user-key.js';

/**
 * What the fingerprints of a run that begins are made with, in hex: one key of this user, so that runs can be compared.
 * Throws `storage` when the state folder is not ours.
 */
export async function newFingerprintKey(environment: NodeJS.ProcessEnv): Promise<string> {
  return (await userKey(openStateFolder(environment), 'fingerprints')).toString('hex');
}
