import type { Program } from './program.js';
import { readWords } from './read-words.js';

/** A secret that stands in argv, where everybody on the machine can see it. */
export interface SecretInArgv {
  readonly flag: string;
  /** The word that holds it, and where in the word it begins. */
  readonly index: number;
  readonly offset: number;
  readonly length: number;
}

/** The secrets given as flags, in the order in which they stand in argv. */
export function findSecretsInArgv(argv: readonly string[], program: Program): SecretInArgv[] {
  return readWords(argv, program).flatMap((word) => {
    if (word.kind !== 'flag' || word.valueAt === undefined || program.findFlag(word.name)?.secret !== true)
      return [];
    const length = word.value?.length ?? 0;
    return length === 0 ? [] : [{ flag: word.name, ...word.valueAt, length }];
  });
}

/** argv with every secret replaced by `***`, for the process title and for what is written down. */
export function eraseSecrets(argv: readonly string[], program: Program): string[] {
  const erased = [...argv];
  for (const { index, offset } of findSecretsInArgv(argv, program)) {
    erased[index] = `${(argv[index] ?? '').slice(0, offset)}***`;
  }
  return erased;
}

/** What to say about secrets in argv; undefined when there are none. */
export function warnOfSecretsInArgv(argv: readonly string[], program: Program): string | undefined {
  const names = [...new Set(findSecretsInArgv(argv, program).map(({ flag }) => flag))];
  if (names.length === 0) return undefined;
  return (
    `${names.join(' and ')} on the command line can be read by everybody on this machine (ps, shell history); ` +
    'use the environment or a file instead: skyflow-supervise help environment'
  );
}
