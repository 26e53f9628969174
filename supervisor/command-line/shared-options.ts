import type { TalkWishes } from '../view/present.js';
import { settingFlags, type Flag } from './flag.js';
import type { GivenWords } from './given-words.js';
import { onOff, onUnlessNegated, text, wholeNumber, wholeNumberOr, type Option } from './option.js';

// Options that several commands take. What one command alone takes stands in its definition.

/** Texts of flags that stand for settings, by key of the configuration; judged together with the file. */
export type FlagSettings = Readonly<Record<string, string>>;

/** Which configuration a command uses. */
export interface Configured {
  readonly config: { readonly file: string; readonly wasNamed: boolean };
  readonly settings: FlagSettings;
}

/** Of numbers of records that a command takes. */
export const manyRecords = 10_000_000_000;

/** The settings of the rates that a load keeps below. */
export const paceKeys: readonly string[] = [
  ...[...settingFlags.keys()].filter((key) => key.endsWith('_per_second')),
  'performance.share_limits',
];

/** The settings that a load takes as flags. */
export const settingsOfLoad: readonly string[] = [...settingFlags.keys()].filter(
  (key) => key !== 'error_log.identity_file' && key !== 'skyflow.resend_mismatched',
);

/** The flags of some settings, by their keys. */
export function takesSettings(...keys: readonly string[]): Option<FlagSettings> {
  const flags = keys.map((key): [key: string, flag: Flag] => {
    const flag = settingFlags.get(key);
    if (flag === undefined) throw new RangeError(`no flag stands for ${key}`);
    return [key, flag];
  });
  return {
    flags: flags.map(([, flag]) => flag),
    read: (words) =>
      Object.fromEntries(
        flags.flatMap(([key, { name }]) => {
          const given = words.texts(name).at(-1);
          return given === undefined ? [] : [[key, given]];
        }),
      ),
  };
}

const configFile = text('--config', 'FILE', 'Configuration file (default: config.json).', {
  group: 'vaults',
});

/** The configuration file, named or not. */
export const config: Option<Configured['config']> = {
  ...configFile,
  read: (words) => {
    const file = configFile.read(words);
    return { file: file ?? 'config.json', wasNamed: file !== undefined };
  },
};

const vaultFlag: Flag = {
  name: '--vault',
  placeholder: 'NAME[,NAME]',
  description: 'Only these vaults, in any case; may be repeated.',
  group: 'vaults',
  repeatable: true,
};

/** `--all`. */
export const all = onOff('--all', 'All configured vaults; so does leaving --vault out.', { group: 'vaults' });

/** `--vault`: names as given, any case; undefined: none is named. */
export const vaultNames: Option<readonly string[] | undefined> = { flags: [vaultFlag], read: namedVaults };

/** `--vault`, with the one vault that a command is for. */
export function oneVault(command: string): Option<string> {
  return {
    ...vaultNames,
    read: (words) => {
      const [name, another] = namedVaults(words) ?? [];
      if (name !== undefined && another === undefined) return name;
      throw words.refusal(`${command} needs --vault NAME, one vault`);
    },
  };
}

/** `--all` or `--vault`: names as given, any case; undefined means all. */
export const chosenVaults: Option<readonly string[] | undefined> = {
  flags: [...all.flags, vaultFlag],
  conflicts: [['--all', '--vault']],
  read: namedVaults,
};

function namedVaults(words: GivenWords): readonly string[] | undefined {
  const given = words.texts('--vault');
  if (given.length === 0) return undefined;
  const names = given.flatMap((one) => one.split(',')).map((name) => name.trim());
  if (names.includes('')) throw words.refusal('--vault: found an empty name; allowed: NAME or NAME,NAME');
  return names;
}

const sequential = onOff('--sequential', 'One vault after the other.', { group: 'speed' });
const atTheSameTime = wholeNumber(
  '--max-parallel-vaults',
  'At most N vaults at the same time (default: all).',
  { group: 'speed', minimum: 1, maximum: 1000 },
);

/** How many vaults at the same time; undefined means all. */
export const maxParallelVaults: Option<number | undefined> = {
  flags: [...sequential.flags, ...atTheSameTime.flags],
  conflicts: [['--sequential', '--max-parallel-vaults']],
  read: (words) => (sequential.read(words) ? 1 : atTheSameTime.read(words)),
};

/** False: no pass over the files before the first request. */
export const precount = onUnlessNegated(
  '--precount',
  'Skip the pass over the files before the first request.',
  {
    group: 'source',
  },
);

export const newRun = onOff('--new-run', 'Start anew although something unfinished could be gone on with.', {
  group: 'safety',
});

/** Where the configuration goes elsewhere than the run that is gone on with, it is right. */
export const useCurrentConfig = onOff(
  '--use-current-config',
  'Where the configuration goes elsewhere than the run that is gone on with (URL, authority, account), it is right.',
  { group: 'safety' },
);

export const yes = onOff('--yes', 'Answer every question with yes, for automation.', { group: 'safety' });

export const dryRun = onOff(
  '--dry-run',
  'Only say what would be done: load does what check does, runs prune lists. Nothing is sent or deleted.',
  { group: 'safety' },
);

export const seed = wholeNumber('--seed', 'The same records again for the same number.', {
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
});

export const deleteBatchSize = wholeNumberOr(25, '--delete-batch-size', 'Records of one deletion, at most.', {
  minimum: 1,
  maximum: 10_000,
});

/** Of what a command makes for people to hand on. */
export const out = text('--out', 'FILE', 'Write it to FILE; a file that is there stays.');

export const force = onOff('--force', 'Overwrite files that are there, or add to tables that hold rows.');

const quiet = onOff('--quiet', 'Only the summary, warnings and errors.', { group: 'output' });
const verbose = onOff('--verbose', 'More about what happens.', { group: 'output' });

/** How a command talks. */
export const talk = {
  json: onOff('--json', 'One JSON document on stdout; text for people on stderr.', { group: 'output' }),
  verbosity: {
    flags: [...quiet.flags, ...verbose.flags],
    conflicts: [['--quiet', '--verbose']],
    read: (words) => (quiet.read(words) ? 'quiet' : verbose.read(words) ? 'verbose' : 'normal'),
  } satisfies Option<TalkWishes['verbosity']>,
};
