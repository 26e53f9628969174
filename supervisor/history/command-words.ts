import { settingFlags } from '../command-line/flag.js';
import type { LoadCommand } from '../commands/load/definition.js';
import { shellWord } from '../command-line/shell-word.js';

/** What a command was given, as far as a command that goes on has to be given it again. */
export type GivenFlags = Pick<
  LoadCommand,
  'config' | 'settings' | 'vaults' | 'precount' | 'maxParallelVaults'
>;

/** A command of this program, ready to be pasted into a shell. */
export function commandLine(...words: readonly string[]): string {
  return ['skyflow-supervise', ...words].map(shellWord).join(' ');
}

/** `--config FILE`, where another one than the usual was named. */
export function configWords({ config }: Pick<GivenFlags, 'config'>): string[] {
  return config.wasNamed ? ['--config', config.file] : [];
}

/**
 * The words of a load like the one that was asked for, of these vaults, with these settings besides. Secrets are left
 * out: a command that is printed must not hold them, and the environment is theirs.
 */
export function loadWords(
  given: GivenFlags,
  changed: { readonly vaults?: readonly string[]; readonly settings?: Readonly<Record<string, string>> },
): string[] {
  const vaults = changed.vaults ?? given.vaults;
  const settings = { ...given.settings, ...changed.settings };
  const settingWords = [...settingFlags].flatMap(([key, { name, secret, placeholder }]) => {
    const text = settings[key];
    if (text === undefined || secret === true) return [];
    if (placeholder === undefined) return [text === 'true' ? name : `${name}=${text}`];
    return [name, text];
  });
  return [
    'load',
    ...(vaults === undefined ? [] : ['--vault', vaults.join(',')]),
    ...configWords(given),
    ...settingWords,
    ...(given.precount ? [] : ['--no-precount']),
    ...(given.maxParallelVaults === undefined
      ? []
      : ['--max-parallel-vaults', String(given.maxParallelVaults)]),
  ];
}
