import type { RecordedSettings } from '../../../src/config/redact-configuration.js';
import { formatCount, plural } from '../../../src/report/format-numbers.js';

const labelWidth = 17;

/** A label and what it stands for. */
export function field(label: string, text: string): string {
  return `  ${label.padEnd(labelWidth - 1)} ${text}`;
}

/** Every setting with its value and where it came from. */
export function renderSettings(settings: RecordedSettings): string[] {
  return inOrder(settings).map(renderSetting);
}

/** What somebody chose, and how many defaults there are besides. */
export function renderChosenSettings(settings: RecordedSettings): string[] {
  const all = inOrder(settings);
  const chosen = all.filter(([, { origin }]) => origin !== 'default');
  return [
    ...chosen.map(renderSetting),
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

/** A setting, its value, and where it came from. */
export function renderSetting([key, setting]: readonly [string, RecordedSettings[string]]): string {
  return `  ${key} = ${settingText(setting)} (${setting.origin})`;
}
