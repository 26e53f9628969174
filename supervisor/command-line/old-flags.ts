import { readTruth } from '../../src/config/setting.js';
import type { Flag } from './flag.js';
import type { Command, Program } from './program.js';
import type { Word } from './read-words.js';
import { usageError } from './usage-error.js';

/** Flags that belong to no command: those for help and version, and those of the replaced loader that are commands here. */
export const otherFlags: readonly Flag[] = [
  { name: '--generate', placeholder: 'N', description: 'Means: generate N.', group: 'own', hidden: true },
  { name: '--error-log', placeholder: 'FILE', description: 'Means: retry FILE.', group: 'own', hidden: true },
  { name: '--clear', description: 'Means: clear.', group: 'own', hidden: true },
  { name: '--help', description: 'Show help.', group: 'own', hidden: true },
  { name: '--version', description: 'Show the version.', group: 'own', hidden: true },
];

/** The words of a command line, sorted: which command, its flags in one spelling, what stands beside them. */
export interface SortedWords {
  readonly command: Command;
  /** Whether the command was named. */
  readonly named: boolean;
  readonly flags: readonly Extract<Word, { kind: 'flag' }>[];
  readonly operands: readonly string[];
  readonly byOldFlag: boolean;
}

/** The replaced loader's flags `-generate N`, `-error-log FILE` and `-clear` are commands here. */
export function translateOldFlags(sorted: SortedWords, program: Program): SortedWords {
  const { usual } = program;
  if (sorted.command !== usual) return sorted;
  const last = (name: string) => sorted.flags.findLast((flag) => flag.name === name)?.value;
  const without = (...names: string[]) => sorted.flags.filter((flag) => !names.includes(flag.name));
  const become = (name: string, flags: SortedWords['flags'], operands: readonly string[]): SortedWords => ({
    command: program.findCommand(name) ?? usual,
    named: true,
    flags,
    operands: [...operands, ...sorted.operands],
    byOldFlag: true,
  });
  const count = last('--generate');
  if (count !== undefined) return become('generate', without('--generate'), [count]);
  const fromLog = last('--source')?.toLowerCase() === 'error-log';
  const files = sorted.flags.flatMap(({ name, value }) =>
    name === '--error-log' && value !== undefined ? [value] : [],
  );
  if (files.length > 0)
    return become('retry', fromLog ? without('--error-log', '--source') : without('--error-log'), files);
  if (fromLog) {
    throw usageError(
      '--source error-log needs --error-log FILE',
      'Or: skyflow-supervise retry FILE.',
      'retry',
    );
  }
  const clear = last('--clear');
  const clears = clear === undefined ? false : readTruth(clear);
  if (clears === undefined) throw usageError('--clear is either true or false', undefined, 'clear');
  if (!clears) return { ...sorted, flags: without('--clear') };
  // It cleared everything and then loaded: how much and how to load says nothing here.
  const ofClear = program.findCommand('clear')?.flags ?? [];
  const ofLoadOnly = usual.flags.filter((flag) => !ofClear.includes(flag)).map(({ name }) => name);
  return become('clear', without('--clear', '--max-records', ...ofLoadOnly), []);
}
