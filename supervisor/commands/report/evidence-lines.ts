import { displayWidth, wrapProse } from '../../../src/report/screen-text.js';
import type { RecordedSettings } from '../../../src/config/redact-configuration.js';
import { formatCount, plural } from '../../../src/report/format-numbers.js';

export const columns = 80;
const labelWidth = 17;

/** A label and what it stands for, which goes on a line of its own when it does not fit: paths are never cut. */
export function field(label: string, text: string): string[] {
  const line = `  ${label.padEnd(labelWidth)}${text}`;
  if (displayWidth(line) <= columns) return [line];
  return label === '' ? [`    ${text}`] : [`  ${label}`, `    ${text}`];
}

/** Text in lines of at most 80 columns. */
export function indented(text: string, margin = 2): string[] {
  return wrapProse(text, columns - margin - 2).map(
    (line, at) => `${' '.repeat(at === 0 ? margin : margin + 2)}${line}`,
  );
}

/** Every setting with its value and where it came from. */
export function renderSettings(settings: RecordedSettings): string[] {
  return inOrder(settings).flatMap(([key, setting]) => renderSetting(key, setting));
}

/** What somebody chose, and how many defaults there are besides. */
export function renderChosenSettings(settings: RecordedSettings): string[] {
  const all = inOrder(settings);
  const chosen = all.filter(([, { origin }]) => origin !== 'default');
  return [
    ...chosen.flatMap(([key, setting]) => renderSetting(key, setting)),
    `  and ${formatCount(all.length - chosen.length)} defaults: --verbose shows them`,
  ];
}

/** What somebody chose first, defaults after it. */
export function inOrder(settings: RecordedSettings): [key: string, setting: RecordedSettings[string]][] {
  const entries = Object.entries(settings);
  const chosen = entries.filter(([, { origin }]) => origin !== 'default');
  return [...chosen, ...entries.filter(([, { origin }]) => origin === 'default')];
}

/** A value as people read it; of a secret its length. */
export function settingText(setting: RecordedSettings[string]): string {
  if ('secret_length' in setting)
    return `a secret of ${plural(setting.secret_length, 'character', 'characters')}`;
  return typeof setting.value === 'string' ? setting.value : JSON.stringify(setting.value);
}

function renderSetting(key: string, setting: RecordedSettings[string]): string[] {
  const { origin } = setting;
  const value = settingText(setting);
  const line = `  ${key} = ${value}  (${origin})`;
  if (displayWidth(line) <= columns) return [line];
  const short = `  ${key} = ${value}`;
  if (displayWidth(short) <= columns) return [short, `    (${origin})`];
  return [`  ${key} =`, `    ${value}`, `    (${origin})`];
}
