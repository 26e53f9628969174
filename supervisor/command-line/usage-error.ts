import { SuperviseError } from '../../src/errors/supervise-error.js';
import { commands, type CommandDefinition } from './command-table.js';
import { findFlag, flags } from './flag-table.js';
import { describeLength } from '../../src/config/configuration-error.js';
import { nearestWord } from '../../src/config/nearest-word.js';

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

const didYouMean = (meant: string | undefined) =>
  meant === undefined ? undefined : `Did you mean ${meant}?`;

/** For a flag that a command does not take: the nearest one that it does take, or the command that takes it. */
export function unknownFlagError(name: string, command: CommandDefinition): SuperviseError {
  const shown = name.length <= 40 ? name : `flag with a name of ${name.length} characters`;
  if (findFlag(name) !== undefined) {
    const takers = commands.filter((other) => other.flags.includes(name)).map((other) => other.name);
    const advice = takers.length === 0 ? undefined : `It belongs to ${takers.join(', ')}.`;
    return usageError(`${command.name} takes no ${shown}`, advice, command.name);
  }
  const own = command.flags.filter((flag) => findFlag(flag)?.hidden !== true);
  const near =
    nearestWord(name, own) ??
    nearestWord(
      name,
      flags.map((flag) => flag.name),
    );
  return usageError(`unknown flag ${shown}`, didYouMean(near), command.name);
}

const offered = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);

/** The command that a first word probably means. */
export function nearestCommand(word: string): string | undefined {
  return nearestWord(word, offered);
}

/** For a first word that is no command. */
export function unknownCommandError(word: string): SuperviseError {
  const near = nearestCommand(word);
  if (near !== undefined) return usageError(`unknown command ${describeWord(word)}`, didYouMean(near));
  return usageError(
    `unexpected word: ${describeWord(word)}`,
    `Commands are ${offered.join(', ')}; vaults are named with --vault.`,
  );
}
