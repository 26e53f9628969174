import { SuperviseError } from '../../src/errors/supervise-error.js';
import { describeLength } from '../../src/config/configuration-error.js';

/** A wrong command line; the hint names what was probably meant, and the help to read. */
export function usageError(message: string, advice: string | undefined, command?: string): SuperviseError {
  const help = command === undefined ? 'skyflow-supervise --help' : `skyflow-supervise help ${command}`;
  const hint = [...(advice === undefined ? [] : [advice]), `See: ${help}`].join(' ');
  return new SuperviseError('usage', message, { hint });
}

/** A word of the command line as it may be shown: anything that could be a secret by its length only. */
export function describeWord(word: string): string {
  if (word === '') return 'an empty word';
  const harmless = word.length <= 24 && /^[A-Za-z][A-Za-z-]*$/.test(word);
  return harmless ? JSON.stringify(word) : describeLength(word);
}
