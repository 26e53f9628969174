import { SuperviseError } from '../../errors/supervise-error.js';
import { faultOfFile } from '../../system/fault-of-file.js';
import { findFiles, isAnyThere, type NamedFiles } from './name-files.js';
import { refuseNames } from './refuse-names.js';

/**
 * Says why what a person named as files is none, for `named`, which is how a configuration resolves the answer; undefined:
 * they can be read. Files that are not there yet are taken when they are named a second time.
 */
export function faultOfNames(
  resolve: (answer: string) => NamedFiles,
): (answer: string) => string | undefined {
  let missing: string | undefined;
  return (answer) => {
    const named = resolve(answer);
    try {
      for (const file of findFiles(named)) {
        refuseNames(file);
        if (!isAnyThere(file)) continue;
        const fault = faultOfFile(file);
        if (fault !== undefined) return fault;
      }
    } catch (error) {
      if (!(error instanceof SuperviseError)) throw error;
      if (isAnyThere(named) || !error.message.startsWith('no file is named'))
        return `${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`;
    }
    if (isAnyThere(named) || missing === answer) return undefined;
    missing = answer;
    return 'There is no such file. Enter takes it all the same.';
  };
}
