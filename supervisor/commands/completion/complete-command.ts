import { findSetting } from '../../../src/config/catalogue.js';
import { loadSettings } from '../../../src/config/load-configuration.js';
import { openRuns } from '../../../src/journal/open-run-store.js';
import type { GivenTo } from '../../command-line/define-command.js';
import type { Flag } from '../../command-line/flag.js';
import type { Command, Program, Surroundings } from '../../command-line/program.js';
import { pagesOfProgram, topics } from '../help/help-topics.js';
import type { complete } from './definition.js';

/** What could be typed: these words, or the names of files or directories, which the shell knows better. */
type Offer =
  | { readonly kind: 'words'; readonly words: readonly OfferedWord[] }
  | { readonly kind: 'files' | 'directories' };

interface OfferedWord {
  readonly word: string;
  readonly description?: string;
}

/**
 * `__complete -- WORD...`: what could stand for the last word. The first line says `words`, `files` or `directories`;
 * after `words` one follows on each line, a tab between it and its description.
 */
export async function completeCommand(
  { typed }: GivenTo<typeof complete>,
  { program }: Surroundings,
): Promise<number> {
  const offer = await offerFor(joinAssignments(typed), program);
  const words = offer.kind === 'words' ? offer.words : [];
  const lines = words.map(({ word, description }) =>
    description === undefined ? word : `${word}\t${description.replaceAll(/\s+/g, ' ')}`,
  );
  process.stdout.write(`${[offer.kind, ...lines].join('\n')}\n`);
  return 0;
}

/** bash takes `--flag=value` for three words, zsh and fish for one; here it is two, the value by itself. */
function joinAssignments(typed: readonly string[]): readonly string[] {
  return typed.at(-1) === '=' ? [...typed.slice(0, -1), ''] : typed.filter((word) => word !== '=');
}

async function offerFor(typed: readonly string[], program: Program): Promise<Offer> {
  const before = typed.slice(0, -1);
  const last = typed.at(-1) ?? '';
  const takesValue = (word: string | undefined): Flag | undefined => {
    const flag = program.findFlag(word ?? '');
    return flag?.placeholder === undefined ? undefined : flag;
  };
  const command = before
    .filter((_, at) => takesValue(before[at - 1]) === undefined)
    .map((word) => program.findCommand(word))
    .find((found) => found !== undefined);
  const flag = takesValue(before.at(-1));
  if (flag !== undefined) return startingWith(last, await valuesOf(flag, before));
  const [, name, part] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  const assigned = takesValue(name);
  if (assigned !== undefined) {
    const offer = startingWith(part ?? '', await valuesOf(assigned, before));
    return offer.kind === 'words' ? prefixed(`${assigned.name}=`, offer.words) : offer;
  }
  if (last.startsWith('-')) return startingWith(last, flagsOf(command ?? program.usual));
  if (command === undefined) return startingWith(last, commandsOf(program));
  // A run is named by its id or by its directory.
  if (last.includes('/')) return { kind: 'directories' };
  return startingWith(last, await operandsOf(command, program, before));
}

const prefixed = (prefix: string, words: readonly OfferedWord[]): Offer => ({
  kind: 'words',
  words: words.map((one) => ({ ...one, word: prefix + one.word })),
});

function startingWith(part: string, offer: Offer): Offer {
  if (offer.kind !== 'words') return offer;
  return { kind: 'words', words: offer.words.filter(({ word }) => word.startsWith(part)) };
}

const choiceOf = (words: readonly string[]): Offer => ({
  kind: 'words',
  words: words.map((word) => ({ word })),
});

function commandsOf({ offered }: Program): Offer {
  return {
    kind: 'words',
    words: offered.map(({ name, summary }) => ({ word: name, description: summary })),
  };
}

function flagsOf({ flags }: Command): Offer {
  const words = flags.map(({ name, shownNegated, description }) => ({
    word: shownNegated === true ? name.replace(/^--/, '--no-') : name,
    description,
  }));
  return { kind: 'words', words: [...words, { word: '--help', description: 'Show help.' }] };
}

async function operandsOf(
  { name, operands }: Command,
  { offered }: Program,
  before: readonly string[],
): Promise<Offer> {
  if (name === 'help') return choiceOf([...offered, ...topics, ...pagesOfProgram].map((one) => one.name));
  const forms = operands
    .replaceAll(/[[\].]/g, '')
    .split(' | ')
    .map((form) => form.split(' '));
  if (forms.length === 1) return offerOf(operands.replaceAll(/[[\].]/g, ''), before);
  const [, operand = ''] = forms.find(([verb = '']) => before.includes(verb)) ?? [];
  const isSaid = forms.some(([verb = '']) => before.includes(verb));
  return isSaid ? offerOf(operand, before) : choiceOf(forms.flatMap(([verb]) => verb ?? []));
}

async function valuesOf({ placeholder = '', key }: Flag, before: readonly string[]): Promise<Offer> {
  const choices = key === undefined ? [] : (findSetting(key)?.choices ?? []);
  return choices.length > 0 ? choiceOf(choices) : offerOf(placeholder, before);
}

/** By what stands for a value in the help. */
async function offerOf(placeholder: string, before: readonly string[]): Promise<Offer> {
  switch (placeholder) {
    case 'FILE':
    case 'RUN|FILE':
    case 'KEYFILE':
      return { kind: 'files' };
    case 'DIR':
      return { kind: 'directories' };
    case 'NAME[,NAME]':
      return choiceOf(settingsBy(before)?.skyflow.vaults.map(({ name }) => name) ?? []);
    case 'RUN': {
      const runs = await openRuns(settingsBy(before)?.run_dir ?? 'runs')
        .ids()
        .catch(() => []);
      return runs.length > 0 ? choiceOf(runs.reverse()) : { kind: 'directories' };
    }
    default:
      return choiceOf(/^[a-z0-9]+(?:\|[a-z0-9]+)+$/.test(placeholder) ? placeholder.split('|') : []);
  }
}

/** The settings, as far as the words name their file; undefined when it cannot be read: nothing is said then. */
function settingsBy(before: readonly string[]): ReturnType<typeof loadSettings>['settings'] | undefined {
  const named = (name: string): string | undefined => before[before.lastIndexOf(name) + 1];
  const file = before.includes('--config') ? named('--config') : undefined;
  const runDir = before.includes('--run-dir') ? named('--run-dir') : undefined;
  try {
    return loadSettings({
      file: file ?? 'config.json',
      fileWasNamed: file !== undefined,
      environment: process.env,
      flags: runDir === undefined ? {} : { run_dir: runDir },
    }).settings;
  } catch {
    return undefined;
  }
}
