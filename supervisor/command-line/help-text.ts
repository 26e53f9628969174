import { Command as Page, Option } from 'commander';
import { nearestWord } from '../../src/config/nearest-word.js';
import { commands, findCommand, loadDefinition, type CommandDefinition } from './command-table.js';
import { findFlag, termOf } from './flag-table.js';
import { topics } from './help-topics.js';
import { describeWord, usageError } from './usage-error.js';

const widthColumns = 80;
const program = 'skyflow-supervise';

function addFlags(page: Page, definition: CommandDefinition): Page {
  for (const name of definition.flags) {
    const flag = findFlag(name);
    if (flag === undefined || flag.hidden === true) continue;
    page.addOption(new Option(name, flag.description).helpGroup(`${flag.group}:`));
  }
  return page;
}

function newPage(name: string): Page {
  return new Page(name)
    .helpOption(false)
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: () => widthColumns, getOutHasColors: () => false })
    .configureHelp({
      optionTerm: (option) => {
        const flag = findFlag(option.long ?? '');
        return flag === undefined ? option.flags : termOf(flag);
      },
      subcommandTerm: (command) => command.name(),
    });
}

const lines = (title: string, items: readonly string[]) =>
  ['', `${title}:`, ...items.map((item) => `  ${item}`), ''].join('\n');

function commandPage(definition: CommandDefinition): string {
  const usage = [...(definition.flags.length === 0 ? [] : ['[flags]']), definition.operands];
  const page = addFlags(newPage(`${program} ${definition.name}`), definition)
    .usage(usage.filter((part) => part !== '').join(' '))
    .description(definition.description);
  return page.helpInformation() + lines('Examples', definition.examples);
}

/** What follows the line that says how a command is used. */
const withoutUsage = (help: string) => help.slice(help.indexOf('\n\n') + 1);

function overviewPage(): string {
  const page = newPage(program)
    .usage('[command] [flags]')
    .description(
      'Loads (value, token) pairs that you already have into Skyflow vaults: one supervised process for each ' +
        'vault, journalled, resumable, accounted for to the record.',
    );
  for (const { name, summary, hidden } of commands) {
    if (hidden !== true) page.addCommand(newPage(name).description(summary));
  }
  const topicNames = topics.map(({ name, summary }) => `${`help ${name}`.padEnd(18)}  ${summary}`);
  return [
    page.helpInformation(),
    lines('Examples', loadDefinition.examples),
    lines('More', [`${'help COMMAND'.padEnd(18)}  flags and examples of a command`, ...topicNames]),
    '\nFlags of load, the default command:\n',
    withoutUsage(addFlags(newPage('load'), loadDefinition).helpInformation()),
  ].join('');
}

/**
 * Help in at most 80 columns: on a command or a topic, or on everything. Throws a usage error with a suggestion
 * for a topic that does not exist.
 */
export function helpFor(topic: string | undefined): string {
  if (topic === undefined) return overviewPage();
  const definition = findCommand(topic);
  if (definition !== undefined) return commandPage(definition);
  const found = topics.find(({ name }) => name === topic);
  if (found !== undefined) return found.text();
  const names = [...commands.map(({ name }) => name), ...topics.map(({ name }) => name)];
  const near = nearestWord(topic, names);
  throw usageError(
    `there is no help on ${describeWord(topic)}`,
    near === undefined ? `Topics: ${names.join(', ')}.` : `Did you mean ${near}?`,
  );
}
