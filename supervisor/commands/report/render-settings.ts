import type { RecordedSettings } from '../../../src/config/redact-configuration.js';
import { displayWidth } from '../../../src/report/screen-text.js';
import { columns } from './evidence-lines.js';

/** Every setting with its value and where it came from: what somebody chose first, defaults after it. */
export function renderSettings(settings: RecordedSettings): string[] {
  const entries = Object.entries(settings);
  const chosen = entries.filter(([, { origin }]) => origin !== 'default');
  const defaults = entries.filter(([, { origin }]) => origin === 'default');
  return [...chosen, ...defaults].flatMap(([key, setting]) => renderSetting(key, setting));
}

function renderSetting(key: string, setting: RecordedSettings[string]): string[] {
  const { origin } = setting;
  const value =
    'secret_length' in setting
      ? `a secret of ${setting.secret_length} characters`
      : typeof setting.value === 'string'
        ? setting.value
        : JSON.stringify(setting.value);
  const line = `  ${key} = ${value}  (${origin})`;
  if (displayWidth(line) <= columns) return [line];
  const short = `  ${key} = ${value}`;
  if (displayWidth(short) <= columns) return [short, `    (${origin})`];
  return [`  ${key} =`, `    ${value}`, `    (${origin})`];
}
