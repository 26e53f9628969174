import { Command as Parser, CommanderError, Option } from 'commander';
import { GivenWords } from './given-words.js';
import { translateOldFlags, type SortedWords } from './old-flags.js';
import type { Command, Program } from './program.js';
import { readWords, type Word } from './read-words.js';
import { describeWord, usageError } from './usage-error.js';

function sort(words: readonly Word[], program: Program): SortedWords {
  const flags = words.filter((word) => word.kind === 'flag');
  const operands = words.filter((word) => word.kind === 'operand').map(({ text }) => text);
  const [first, ...others] = operands;
  const command = first === undefined ? undefined : program.findCommand(first);
  return command === undefined
    ? { command: program.usual, named: false, flags, operands, byOldFlag: false }
    : { command, named: true, flags, operands: others, byOldFlag: false };
}

const operandSyntax = (operands: string): string =>
  operands.replace('[', '').replace(']', '').replace('...', '');

function checkOperands({ command, operands, named }: SortedWords, program: Program): void {
  const extra = operands[command.maxOperands];
  if (extra !== undefined) {
    throw named
      ? usageError(`${command.name}: unexpected word: ${describeWord(extra)}`, undefined, command.name)
      : program.unknownCommand(extra);
  }
  if (operands.length < command.minOperands) {
    throw usageError(`${command.name} needs ${operandSyntax(command.operands)}`, undefined, command.name);
  }
}

/** A parser for one command that collects texts, and neither prints nor exits. */
function buildParser({ name, flags }: Command, collect: (name: string, text: string) => void): Parser {
  const parser = new Parser(name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .allowExcessArguments()
    .action(() => undefined);
  for (const flag of flags) {
    parser.addOption(new Option(`${flag.name} <text>`));
    parser.on(`option:${flag.name.slice(2)}`, (text: string) => collect(flag.name, text));
  }
  return parser;
}

function parseFlags({ command, flags }: SortedWords, program: Program): Map<string, string[]> {
  const values = new Map<string, string[]>();
  const parser = buildParser(command, (name, text) => {
    values.set(name, [...(values.get(name) ?? []), text]);
  });
  const empty = flags.find(({ name, value }) => value === undefined && program.findFlag(name) !== undefined);
  if (empty !== undefined) {
    const placeholder = program.findFlag(empty.name)?.placeholder ?? 'a value';
    throw usageError(`${empty.name} needs ${placeholder}`, undefined, command.name);
  }
  try {
    const spelled = flags.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
    parser.parse(spelled, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const unknown = flags.find(({ name }) => !command.flags.some((flag) => flag.name === name));
    throw program.unknownFlag(unknown?.name ?? '', command);
  }
  return values;
}

/** A command, and what it was given. */
export interface ParsedCommandLine {
  readonly command: Command;
  readonly words: GivenWords;
}

/**
 * What a command line (without node and script) asks for. Throws a SuperviseError `usage` with a suggestion; prints
 * nothing and never exits. What the words mean, the command says when it reads them.
 */
export function parseCommandLine(argv: readonly string[], program: Program): ParsedCommandLine {
  const words = readWords(argv, program);
  const asked = (...names: string[]): boolean =>
    words.some((word) => word.kind === 'flag' && names.includes(word.name));
  const sorted = sort(words, program);
  const plain = (name: string, operands: readonly string[]): ParsedCommandLine => {
    const command = program.findCommand(name) ?? program.usual;
    const nothing = { values: new Map<string, string[]>(), oneDash: new Set<string>() };
    return { command, words: new GivenWords({ command, ...nothing, operands, byOldFlag: false }) };
  };
  if (asked('--help', '-h')) return plain('help', sorted.named ? [sorted.command.name] : []);
  if (asked('--version', '-V')) return plain('version', []);
  const [first] = sorted.operands;
  if (!sorted.named && first !== undefined && program.nearestCommand(first) !== undefined)
    throw program.unknownCommand(first);
  const translated = translateOldFlags(sorted, program);
  // Flags first: what follows an unknown flag looks like a word too many.
  const values = parseFlags(translated, program);
  checkOperands(translated, program);
  const { command, flags, operands, byOldFlag } = translated;
  const oneDash = new Set(flags.filter(({ hasOneDash }) => hasOneDash).map(({ name }) => name));
  return { command, words: new GivenWords({ command, values, oneDash, operands, byOldFlag }) };
}
