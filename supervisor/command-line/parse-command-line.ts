import { Command as Parser, CommanderError, Option } from 'commander';
import { readTruth } from '../../src/config/read-truth.js';
import type { Command } from './command.js';
import { findCommand, loadDefinition, type CommandDefinition } from './command-table.js';
import { findFlag } from './flag-table.js';
import { FlagValues } from './flag-values.js';
import { helpFor } from './help-text.js';
import { interpretCommand } from './interpret-command.js';
import { readWords, type Word } from './read-words.js';
import {
  describeWord,
  nearestCommand,
  unknownCommandError,
  unknownFlagError,
  usageError,
} from './usage-error.js';

/** The words of a command line, sorted: which command, its flags in one spelling, what stands beside them. */
interface Sorted {
  readonly command: CommandDefinition;
  readonly named: boolean;
  readonly flags: readonly Extract<Word, { kind: 'flag' }>[];
  readonly operands: readonly string[];
  readonly byOldFlag: boolean;
}

function sort(words: readonly Word[]): Sorted {
  const flags = words.filter((word) => word.kind === 'flag');
  const operands = words.filter((word) => word.kind === 'operand').map(({ text }) => text);
  const [first, ...others] = operands;
  const named = first === undefined ? undefined : findCommand(first);
  if (named !== undefined) return { command: named, named: true, flags, operands: others, byOldFlag: false };
  return { command: loadDefinition, named: false, flags, operands, byOldFlag: false };
}

/** The replaced loader's flags `-generate N`, `-error-log FILE` and `-clear` are commands here. */
function translateOldFlags(sorted: Sorted): Sorted {
  if (sorted.command.name !== 'load') return sorted;
  const last = (name: string) => sorted.flags.findLast((flag) => flag.name === name)?.value;
  const without = (...names: string[]) => sorted.flags.filter((flag) => !names.includes(flag.name));
  const become = (name: string, flags: Sorted['flags'], operands: readonly string[]): Sorted => ({
    command: findCommand(name) ?? sorted.command,
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
  const ofLoadOnly = loadDefinition.flags.filter(
    (name) => findCommand('clear')?.flags.includes(name) === false,
  );
  return become('clear', without('--clear', '--max-records', ...ofLoadOnly), []);
}

const operandSyntax = (operands: string) => operands.replace('[', '').replace(']', '').replace('...', '');

function checkOperands({ command, operands, named }: Sorted): void {
  const extra = operands[command.maxOperands];
  if (extra !== undefined) {
    throw named
      ? usageError(`${command.name}: unexpected word: ${describeWord(extra)}`, undefined, command.name)
      : unknownCommandError(extra);
  }
  if (operands.length < command.minOperands) {
    throw usageError(`${command.name} needs ${operandSyntax(command.operands)}`, undefined, command.name);
  }
}

/** A parser for one command that collects texts, and neither prints nor exits. */
function buildParser(definition: CommandDefinition, collect: (name: string, text: string) => void): Parser {
  const parser = new Parser(definition.name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .allowExcessArguments()
    .action(() => undefined);
  for (const name of definition.flags) {
    parser.addOption(new Option(`${name} <text>`));
    parser.on(`option:${name.slice(2)}`, (text: string) => collect(name, text));
  }
  return parser;
}

function parseFlags({ command, flags }: Sorted): FlagValues {
  const values = new Map<string, string[]>();
  const parser = buildParser(command, (name, text) => {
    values.set(name, [...(values.get(name) ?? []), text]);
  });
  const empty = flags.find(({ name, value }) => value === undefined && findFlag(name) !== undefined);
  if (empty !== undefined) {
    const placeholder = findFlag(empty.name)?.placeholder ?? 'a value';
    throw usageError(`${empty.name} needs ${placeholder}`, undefined, command.name);
  }
  try {
    const spelled = flags.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
    parser.parse(spelled, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const unknown = flags.find(({ name }) => !command.flags.includes(name));
    throw unknownFlagError(unknown?.name ?? '', command);
  }
  return new FlagValues(command.name, values);
}

/**
 * What a command line (without node and script) asks for. Throws a SuperviseError `usage` with a suggestion;
 * prints nothing and never exits. Values of settings are handed on as texts, to be judged with the file.
 */
export function parseCommandLine(argv: readonly string[]): Command {
  const words = readWords(argv);
  const asked = (...names: string[]) =>
    words.some((word) => word.kind === 'flag' && names.includes(word.name));
  const sorted = sort(words);
  if (asked('--help', '-h'))
    return { name: 'help', text: helpFor(sorted.named ? sorted.command.name : undefined) };
  if (asked('--version', '-V') || (argv.length === 1 && argv[0] === 'version')) return { name: 'version' };
  const [first] = sorted.operands;
  if (!sorted.named && first !== undefined && nearestCommand(first) !== undefined)
    throw unknownCommandError(first);
  const translated = translateOldFlags(sorted);
  // Flags first: what follows an unknown flag looks like a word too many.
  const values = parseFlags(translated);
  checkOperands(translated);
  const { command, operands, byOldFlag } = translated;
  return interpretCommand(command, { values, operands, byOldFlag });
}
