import { settings } from './catalogue.js';
import type { Setting } from './setting.js';

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string | undefined) => (text === undefined ? '' : `\`${cell(text)}\``);

function typeOf({ kind, choices }: Setting): string {
  return kind === 'choice' ? choices.map((choice) => `\`${choice}\``).join(', ') : kind;
}

function defaultOf({ defaultText }: Setting): string {
  if (defaultText === undefined) return '';
  return /[ `<;]/.test(defaultText) ? cell(defaultText) : code(defaultText);
}

/** A markdown table of every key: type, default, environment variable, flag, description. Made from the schema. */
export function describeConfiguration(): string {
  const rows = settings
    .filter(({ key, kind }) => kind !== 'object' && key !== '$schema')
    .map((setting) =>
      [
        code(setting.key),
        typeOf(setting),
        defaultOf(setting),
        code(setting.variable),
        code(setting.flag),
        `${cell(setting.description)}${setting.secret ? ' Secret.' : ''}`,
      ].join(' | '),
    );
  return [
    '| Key | Type | Default | Environment | Flag | Meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}
