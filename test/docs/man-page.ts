import { productVersion } from '../../src/product/product.js';
import type { Command } from '../../supervisor/command-line/program.js';
import { flagGroups, termOf, type Flag, type FlagGroup } from '../../supervisor/command-line/flag.js';
import { topics, type HelpTopic } from '../../supervisor/commands/help/help-topics.js';
import { meaningOf } from './meaning-of.js';
import { program } from '../../supervisor/commands/program.js';

/** The manual page as it lies in the checkout. */
export const manPageFile = 'docs/skyflow-supervise.1';

const programName = 'skyflow-supervise';

/** Text as roff takes it: nothing in it is a request or an escape, a hyphen stays a hyphen that can be copied. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/[^\x20-\x7e\n]/gu, (character) => `\\[u${hexadecimal(character)}]`)
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

const hexadecimal = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;
const section = (title: string, ...lines: readonly string[]): string[] => [`.SH ${title}`, ...lines];

/** A term with its explanation. */
const item = (term: string, explanation: string): string[] => ['.TP', bold(term), escaped(explanation)];

const example = (text: string): string[] => ['.PP', '.EX', escaped(text.trimEnd()), '.EE'];

const { offered, usual } = program;

/** The manual page, made from the tables that parser and help are made from. */
export function manPage(): string {
  const lines = [
    '.\\" Made from the tables of commands and flags by: npm run docs',
    `.TH ${programName.toUpperCase()} 1 "" "${programName} ${productVersion}" "User Commands"`,
    // Left-justified and without hyphenation, so that a flag is never torn apart.
    '.ad l',
    '.nh',
    ...section('NAME', `${escaped(programName)} \\- load (value, token) pairs into Skyflow vaults`),
    ...section('SYNOPSIS', `${bold(programName)} [\\fIcommand\\fR] [\\fIflags\\fR]`),
    ...section(
      'DESCRIPTION',
      escaped(
        'Loads (value, token) pairs that you already have into Skyflow vaults: one supervised process for each vault, ' +
          `journalled, resumable, accounted for to the record. Without a command it loads (${usual.name}).`,
      ),
      '.PP',
      escaped(
        'Flags are written --flag value or --flag=value; one dash does as well. A flag that is true or false takes ' +
          '=false, or --no- in front. Flags go over the environment, the environment over the configuration file.',
      ),
    ),
    ...section('COMMANDS', ...offered.flatMap(describeCommand)),
    ...section('OPTIONS', ...optionGroups()),
    ...topics.flatMap(describeTopic),
    ...section('EXAMPLES', ...example(offered.flatMap(({ examples }) => examples).join('\n'))),
  ];
  return `${lines.join('\n')}\n`;
}

function describeCommand({ name, operands, description }: Command): string[] {
  return item(operands === '' ? name : `${name} ${operands}`, description);
}

function optionGroups(): string[] {
  const groups = [...new Set(program.flags.map(({ group }) => group))];
  return groups.flatMap((group: FlagGroup) => {
    const shown = program.flags.filter((flag) => flag.group === group && flag.hidden !== true);
    return shown.length === 0
      ? []
      : [`.SS ${escaped(flagGroups[group])}`, ...shown.flatMap((flag) => describeFlag(flag))];
  });
}

function describeFlag(flag: Flag): string[] {
  return item(termOf(flag), `${meaningOf(flag)} [${program.takersOf(flag).join(', ')}]`);
}

/** A help topic without the heading that repeats its name, laid out as it is in the terminal. */
function describeTopic(topic: HelpTopic): string[] {
  const text = topic.text();
  const [first = '', blank = '', ...rest] = text.split('\n');
  const isHeading = blank === '' && !/[.:]/.test(first);
  return section(topic.name.toUpperCase().replace('-', ' '), ...example(isHeading ? rest.join('\n') : text));
}
