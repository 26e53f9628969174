import { groupThousands } from '../../src/report/format-numbers.js';
import { singleSettings } from '../../src/config/catalogue.js';
import type { Setting } from '../../src/config/setting.js';

/** Headings of the help, in their order. */
export const flagGroups = {
  vaults: 'Which vaults, and where they are',
  source: 'Source',
  speed: 'Speed and limits',
  safety: 'Safety',
  output: 'Output',
  unattended: 'Unattended',
  machines: 'Several machines',
  snowflake: 'Snowflake',
  own: 'Options',
} as const;
export type FlagGroup = keyof typeof flagGroups;

/** How a flag is written and told. A name means the same in every command that takes it. */
export interface Flag {
  /** With two dashes. */
  readonly name: `--${string}`;
  readonly description: string;
  /** What stands for the value in the help; left out for a flag that is true or false. */
  readonly placeholder?: string | undefined;
  /** What the flag means without a value; the next word is one only if it is a number. Its placeholder stands in brackets. */
  readonly valueAlone?: string;
  readonly group: FlagGroup;
  /** The setting it stands for. */
  readonly key?: string;
  readonly repeatable?: true;
  readonly secret?: true;
  /** Shown as `--no-<name>`: on unless said otherwise. */
  readonly shownNegated?: true;
  /** Works, but is not offered: spellings of the replaced loader. */
  readonly hidden?: true;
}

/** How a flag is written in the help. */
export function termOf({ name, placeholder, key, shownNegated }: Flag): string {
  if (shownNegated === true) return name.replace(/^--/, '--no-');
  if (placeholder !== undefined) return `${name} ${placeholder}`;
  return key === undefined ? name : `${name}[=false]`;
}

const groupOfSection: Readonly<Record<string, FlagGroup>> = {
  skyflow: 'vaults',
  csv: 'source',
  performance: 'speed',
  error_log: 'safety',
  snowflake: 'snowflake',
};

function groupOf({ key, flagGroup }: Setting): FlagGroup {
  const named = Object.keys(flagGroups).find((group): group is FlagGroup => group === flagGroup);
  return named ?? groupOfSection[key.slice(0, key.indexOf('.'))] ?? 'output';
}

function placeholderOf({ kind, key, choices, path, placeholder }: Setting): string | undefined {
  if (placeholder !== undefined || kind === 'boolean') return placeholder;
  if (kind === 'choice') return choices.join('|');
  if (kind === 'integer' || kind === 'number') return key.endsWith('_ms') ? 'MS' : 'N';
  return path ? 'FILE' : 'TEXT';
}

/** Whole numbers of a text with thousands separators. */
const grouped = (text: string): string =>
  text.replaceAll(/\b\d+\b/g, (digits) => groupThousands(Number(digits)));

function flagOf(setting: Setting, name: string): Flag {
  const { key, description, defaultText, secret } = setting;
  const isTold = defaultText !== undefined && defaultText !== 'false';
  const fallback = isTold ? ` (default: ${grouped(defaultText)})` : '';
  return {
    name: `--${name.slice(2)}`,
    placeholder: placeholderOf(setting),
    description: `${description}${fallback}`.replaceAll(/[`"]/g, ''),
    group: groupOf(setting),
    key,
    ...(secret ? { secret } : {}),
  };
}

/** The flags that stand for settings, by key, in the order of the schema: whoever gives a setting a `flag` has it. */
export const settingFlags: ReadonlyMap<string, Flag> = new Map(
  singleSettings.flatMap((setting) =>
    setting.flag === undefined ? [] : [[setting.key, flagOf(setting, setting.flag)]],
  ),
);
