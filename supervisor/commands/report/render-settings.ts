import type { RecordedSettings } from '../../../src/config/redact-configuration.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { displayWidth } from '../../../src/report/screen-text.js';
import { columns } from './evidence-lines.js';

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
  if ('secret_length' in setting) return `a secret of ${setting.secret_length} characters`;
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
