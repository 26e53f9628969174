import { Command as Page, Option } from 'commander';
import { nearestWord } from '../../../src/config/nearest-word.js';
import { flagGroups, termOf } from '../../command-line/flag.js';
import { topics } from './help-topics.js';
import type { Command, Program } from '../../command-line/program.js';
import { describeWord, usageError } from '../../command-line/usage-error.js';

const widthColumns = 80;
const programName = 'skyflow-supervise';

function newPage(name: string, { flags }: Pick<Command, 'flags'> = { flags: [] }): Page {
  const page = new Page(name)
    .helpOption(false)
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: () => widthColumns, getOutHasColors: () => false })
    .configureHelp({
      optionTerm: ({ long }) =>
        flags
          .filter(({ name: flag }) => flag === long)
          .map(termOf)
          .join(),
      subcommandTerm: (command) => command.name(),
    });
  for (const { name: flag, description, group } of flags)
    page.addOption(new Option(flag, description).helpGroup(`${flagGroups[group]}:`));
  return page;
}

const lines = (title: string, items: readonly string[]) =>
  ['', `${title}:`, ...items.map((item) => `  ${item}`), ''].join('\n');

function commandPage(command: Command): string {
  const usage = [...(command.flags.length === 0 ? [] : ['[flags]']), command.operands];
  const page = newPage(`${programName} ${command.name}`, command)
    .usage(usage.filter((part) => part !== '').join(' '))
    .description(command.description);
  return page.helpInformation() + lines('Examples', command.examples);
}

/** What follows the line that says how a command is used. */
const withoutUsage = (help: string) => help.slice(help.indexOf('\n\n') + 1);

function overviewPage({ offered, usual }: Program): string {
  const page = newPage(programName)
    .usage('[command] [flags]')
    .description(
      'Loads (value, token) pairs that you already have into Skyflow vaults: one supervised process for each ' +
        'vault, journalled, resumable, accounted for to the record.',
    );
  for (const { name, summary } of offered) page.addCommand(newPage(name).description(summary));
  const topicNames = topics.map(({ name, summary }) => `${`help ${name}`.padEnd(18)}  ${summary}`);
  return [
    page.helpInformation(),
    lines('Examples', usual.examples),
    lines('More', [`${'help COMMAND'.padEnd(18)}  flags and examples of a command`, ...topicNames]),
    `\nFlags of ${usual.name}, the default command:\n`,
    withoutUsage(newPage(usual.name, usual).helpInformation()),
  ].join('');
}

/**
 * Help in at most 80 columns: on a command or a topic, or on everything. Throws a usage error with a suggestion
 * for a topic that does not exist.
 */
export function helpFor(topic: string | undefined, program: Program): string {
  if (topic === undefined) return overviewPage(program);
  const command = program.findCommand(topic);
  if (command !== undefined) return commandPage(command);
  const found = topics.find(({ name }) => name === topic);
  if (found !== undefined) return found.text();
  const names = [...program.offered, ...topics].map(({ name }) => name);
  const near = nearestWord(topic, names);
  throw usageError(
    `there is no help on ${describeWord(topic)}`,
    near === undefined ? `Topics: ${names.join(', ')}.` : `Did you mean ${near}?`,
  );
}
