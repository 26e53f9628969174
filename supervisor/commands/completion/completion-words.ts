import { findSetting } from '../../../src/config/catalogue.js';
import { commands, loadDefinition, type CommandDefinition } from '../../command-line/command-table.js';
import { findFlag, type Flag } from '../../command-line/flag-table.js';
import { topics } from '../../command-line/help-topics.js';

/** What may stand where a value is due. */
export type Values =
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'file' }
  | { readonly kind: 'directory' }
  /** Anything: nothing is offered. */
  | { readonly kind: 'text' };

export interface CompletedFlag {
  /** As it is offered: `--no-precount`. */
  readonly name: string;
  readonly description: string;
  /** Undefined for a flag that is true or false. */
  readonly values: Values | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  /** What stands beside the flags; undefined: nothing does. */
  readonly operands: Values | undefined;
}

/** Every offered command with its flags, the default command first. */
export function completedCommands(): readonly CompletedCommand[] {
  return commands.filter(({ hidden }) => hidden !== true).map(completedCommand);
}

/** The flags after which a word is their value, and never a command. */
export function valuedFlags(commandList: readonly CompletedCommand[]): readonly CompletedFlag[] {
  const byName = new Map(commandList.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag]));
  return [...byName.values()].filter(({ values }) => values !== undefined);
}

/** The command that is meant when none is named. */
export const defaultCommand = loadDefinition.name;

function completedCommand(definition: CommandDefinition): CompletedCommand {
  const { name, summary } = definition;
  const flags = [...definition.flags, '--help']
    .map(findFlag)
    .filter((flag) => flag !== undefined)
    .filter((flag) => flag.hidden !== true || flag.name === '--help')
    .map(completedFlag);
  return { name, summary, flags, operands: operandsOf(definition) };
}

function completedFlag(flag: Flag): CompletedFlag {
  const name = flag.shownNegated === true ? flag.name.replace(/^--/, '--no-') : flag.name;
  return { name, description: flag.description, values: valuesOf(flag) };
}

function valuesOf({ placeholder, key }: Flag): Values | undefined {
  if (placeholder === undefined) return undefined;
  const setting = key === undefined ? undefined : findSetting(key);
  if (setting !== undefined && setting.choices.length > 0) {
    return { kind: 'choice', choices: setting.choices };
  }
  return byPlaceholder(placeholder);
}

function byPlaceholder(placeholder: string): Values {
  if (/^[a-z0-9]+(?:\|[a-z0-9]+)+$/.test(placeholder)) {
    return { kind: 'choice', choices: placeholder.split('|') };
  }
  if (placeholder === 'FILE') return { kind: 'file' };
  return placeholder === 'DIR' ? { kind: 'directory' } : { kind: 'text' };
}

function operandsOf({ name, operands }: CommandDefinition): Values | undefined {
  if (name === 'help') {
    const offered = commands.filter(({ hidden }) => hidden !== true);
    return { kind: 'choice', choices: [...offered, ...topics].map((one) => one.name) };
  }
  if (operands === '') return undefined;
  const word = operands.replaceAll(/[[\].]/g, '');
  // A run is named by its id or by its directory.
  return word === 'RUN' ? { kind: 'directory' } : byPlaceholder(word);
}
