import type { Settings } from '../../src/config/configuration.js';
import { kindOf, sourceKinds } from '../../src/source/source-kinds.js';
import type { LoadCommand } from '../commands/load/definition.js';
import { settingFlags } from './flag.js';
import { usageError } from './usage-error.js';

type Given = Pick<LoadCommand, 'settings' | 'precount'> & Partial<Pick<LoadCommand, 'printSql'>>;

const isGiven: Readonly<Record<string, (given: Given) => boolean>> = {
  '--no-precount': ({ precount }) => !precount,
  '--print-sql': ({ printSql }) => printSql === true,
};

/** Flags that were given and mean nothing for the source that records come from, with the source that they are for. */
export function flagsOfOtherSources(given: Given, settings: Pick<Settings, 'source'>): string[] {
  const { name, like, title } = kindOf(settings);
  const others = Object.values(sourceKinds).filter((kind) => kind.name !== name && kind.name !== like);
  const ofSettings = Object.keys(given.settings).flatMap((key) => {
    const other = others.find((kind) => key.startsWith(`${kind.name}.`));
    const flag = settingFlags.get(key)?.name;
    return other === undefined || flag === undefined ? [] : [{ flag, source: other.name }];
  });
  const ofCommand = others.flatMap(({ name: source, flags = [] }) =>
    flags.filter((flag) => isGiven[flag]?.(given) === true).map((flag) => ({ flag, source })),
  );
  return [...ofSettings, ...ofCommand].map(
    ({ flag, source }) => `${flag} is for --source ${source}; records come from ${title}`,
  );
}

/** Throws `usage` where such a flag was given: it would be passed over, and was meant. */
export function refuseFlagsOfOtherSources(given: Given, settings: Pick<Settings, 'source'>): void {
  const [first, ...more] = flagsOfOtherSources(given, settings);
  if (first === undefined) return;
  throw usageError([first, ...more].join('\n'), 'Leave it out, or say --source.', 'load');
}
