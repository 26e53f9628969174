import { Command as Page, Option } from 'commander';
import { columnsOf, foldLine, foldLines } from '../../../src/report/lay-out.js';
import { nearestWord } from '../../../src/config/nearest-word.js';
import { describeSandboxOptions } from '../../../src/sandbox/describe-options.js';
import { flagGroups, termOf, type Flag } from '../../command-line/flag.js';
import type { Command, Program } from '../../command-line/program.js';
import { describeWord, usageError } from '../../command-line/usage-error.js';
import { pagesOfProgram, topics } from './help-topics.js';

/** Below that a flag's meaning stands under it. */
const narrowColumns = 60;
const programName = 'skyflow-supervise';

/** The commands of the first screen, in the order in which somebody new needs them. */
const firstCommands = ['init', 'check', 'load', 'resume', 'retry', 'verify'];
/** A command with more flags than these shows the usual ones before all others. */
const fewFlags = 12;
const usualFlags: ReadonlySet<string> = new Set([
  ...['--vault', '--all', '--config', '--source', '--data-dir', '--max-records', '--sample', '--missing'],
  ...['--max-records-per-second', '--upsert', '--yes', '--json', '--quiet', '--offline'],
]);

interface Shown {
  /** Of the terminal. */
  readonly columns: number;
  readonly flags: readonly Flag[];
  /** What a flag means where it means something of its own. */
  readonly meanings?: Command['meanings'];
  readonly headingOf?: (flag: Flag) => string;
}

function newPage(name: string, { columns, flags, meanings, headingOf }: Shown): Page {
  const page = new Page(name)
    .helpOption(false)
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: () => columns, getOutHasColors: () => false })
    .configureHelp({
      minWidthToWrap: 20,
      ...(columns < narrowColumns
        ? {
            formatItem: (term: string, _: number, description: string): string =>
              [`  ${term}`, ...foldLine(description, columns - 6).map((line) => `      ${line}`)].join('\n'),
          }
        : {}),
      optionTerm: ({ long }) =>
        flags
          .filter(({ name: flag }) => flag === long)
          .map(termOf)
          .join(),
      subcommandTerm: (command) => command.name(),
    });
  for (const flag of flags) {
    const description = meanings?.[flag.name] ?? flag.description;
    page.addOption(
      new Option(flag.name, description).helpGroup(`${headingOf?.(flag) ?? flagGroups[flag.group]}:`),
    );
  }
  return page;
}

const lines = (title: string, items: readonly string[]) =>
  ['', `${title}:`, ...items.map((item) => `  ${item}`), ''].join('\n');

function listed(items: readonly { readonly name: string; readonly summary: string }[]): string[] {
  const width = Math.max(...items.map(({ name }) => name.length));
  return items.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`);
}

function commandPage(command: Command, columns: number): string {
  const usage = [...(command.flags.length === 0 ? [] : ['[flags]']), command.operands];
  const hasMany = command.flags.length > fewFlags;
  const ofSnowflake = command.flags.filter(({ group }) => group === 'snowflake').length;
  const own = command.flags.filter(({ group }) => !hasMany || group !== 'snowflake');
  const isUsual = ({ name }: Flag): boolean => hasMany && usualFlags.has(name);
  const page = newPage(`${programName} ${command.name}`, {
    columns,
    flags: [...own.filter(isUsual), ...own.filter((flag) => !isUsual(flag))],
    meanings: command.meanings,
    headingOf: (flag) => (isUsual(flag) ? 'Usual flags' : flagGroups[flag.group]),
  })
    .usage(usage.filter((part) => part !== '').join(' '))
    .description(command.description);
  return [
    page.helpInformation(),
    own.length < command.flags.length
      ? lines('Snowflake', [`${ofSnowflake} more flags: ${programName} help snowflake`])
      : '',
    command.name === 'sandbox' ? `\n${describeSandboxOptions()}` : '',
    lines('Examples', command.examples),
  ].join('');
}

/** One screen of 24 lines. */
function overviewPage({ offered }: Program, columns: number): string {
  const first = firstCommands.flatMap((name) => offered.filter((command) => command.name === name));
  return [
    newPage(programName, { columns, flags: [] })
      .usage('[command] [flags]')
      .description(
        'Loads (value, token) pairs that you already have into Skyflow vaults: every record ' +
          'once, with its own token, whatever happens along the way.',
      )
      .helpInformation(),
    lines('Commands', listed(first)),
    lines('Examples', [
      `${programName} demo                           try it, with no account`,
      `${programName} load --vault ssn --max-records 100`,
      `${programName} resume                         continue after a stop`,
    ]),
    lines('More', [
      ...listed([
        { name: 'help commands', summary: 'all commands, and topics there is help on' },
        { name: 'help COMMAND', summary: 'flags and examples of a command' },
      ]),
    ]),
  ].join('');
}

function commandsPage({ offered }: Program): string {
  const all = [...topics, ...pagesOfProgram];
  return [
    'Commands, each with flags and examples under "help COMMAND":\n',
    ...listed(offered).map((line) => `  ${line}\n`),
    lines('Topics', listed(all.map(({ name, summary }) => ({ name: `help ${name}`, summary })))),
  ].join('');
}

function snowflakePage({ flags, usual }: Program, columns: number): string {
  const page = newPage(programName, { columns, flags: flags.filter(({ group }) => group === 'snowflake') })
    .usage(`${usual.name} --source snowflake [flags]`)
    .description('Where the records come from Snowflake, besides the flags of the command.');
  return page.helpInformation();
}

/**
 * Help in at most 80 columns: on a command or a topic, or, on one screen of 24 lines, on what somebody new needs. Throws
 * a usage error with a suggestion for a topic that does not exist.
 */
export function helpFor(topic: string | undefined, program: Program, terminalColumns?: number): string {
  const columns = columnsOf({ columns: terminalColumns });
  return foldLines(pageOn(topic, program, columns), columns);
}

function pageOn(topic: string | undefined, program: Program, columns: number): string {
  if (topic === undefined) return overviewPage(program, columns);
  if (topic === 'commands') return commandsPage(program);
  if (topic === 'snowflake') return snowflakePage(program, columns);
  const command = program.findCommand(topic);
  if (command !== undefined) return commandPage(command, columns);
  const found = topics.find(({ name }) => name === topic);
  if (found !== undefined) return found.text();
  const names = [...program.offered, ...topics, ...pagesOfProgram].map(({ name }) => name);
  const near = nearestWord(topic, names);
  throw usageError(
    `there is no help on ${describeWord(topic)}`,
    near === undefined ? `Topics: ${names.join(', ')}.` : `Did you mean ${near}?`,
  );
}
