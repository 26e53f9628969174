import { statSync } from 'node:fs';
import type { VaultSettings } from '../../config/configuration.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { presumedFiles } from '../files/name-files.js';
import { refuseIrregular, refuseNames } from '../files/refuse-names.js';

/**
 * Throws `config` where a file of a vault is none: standard input, a pipe, a device, an address. A run that began with it
 * could never be resumed. What is missing or a directory may be put right meanwhile, and is the vault's own failure.
 */
export function refuseStreams(vaults: readonly Pick<VaultSettings, 'name' | 'csv'>[]): void {
  for (const { name, csv } of vaults) {
    for (const file of [csv.data_file, csv.token_file].flat().flatMap(presumedFiles)) {
      try {
        refuseNames(file);
        const found = statSync(file, { throwIfNoEntry: false });
        if (found?.isDirectory() === false) refuseIrregular(file, found);
      } catch (error) {
        // What cannot be looked at, as in a folder that is closed to us, is said where it is opened.
        if (!(error instanceof SuperviseError)) continue;
        throw new SuperviseError('config', `vault ${name}: ${error.message}`, { hint: error.hint });
      }
    }
  }
}
