import { findSetting, settings } from './catalogue.js';
import { describeFound, describeLength } from './configuration-error.js';
import type { weighCredentials } from './credential-setting.js';
import { isAllowedHost, faultOfServerUrl } from '../outside/hosts.js';
import { isTimeZone, paceWindowsForm, parsePaceWindows } from '../rates/pace-windows.js';
import type { SettingsView } from './settings-view.js';
import { sourceKinds } from '../source/source-kinds.js';
import { keysOfSources, sourceNames, type SettingForms } from '../source/source-settings.js';
import { wireNames, wires } from '../vault/wires.js';

/** What the texts of ours and of the sources have to be like. */
const forms: Required<SettingForms> = {
  header: ['skyflow.bearer_token', 'skyflow.api_key'],
  line: [],
  server: ['skyflow.vault_url'],
};

/** The keys of a form. */
function keysOf(form: keyof SettingForms): readonly string[] {
  return [...forms[form], ...keysOfSources(form)];
}

/** Of what travels in an HTTP header: visible ASCII, nothing else. */
function faultOfHeaderText(text: string): string | undefined {
  if (/[\r\n]/.test(text)) return 'a line break';
  if (/\s/.test(text)) return 'a blank';
  if (/\p{Cc}/u.test(text)) return 'a control character';
  if (/[^\x21-\x7e]/.test(text)) return 'a character that is not ASCII';
  return undefined;
}

function checkSecrets(view: SettingsView): void {
  for (const key of keysOf('header')) {
    const text = view.text(key);
    const fault = text === undefined ? undefined : faultOfHeaderText(text);
    if (text !== undefined && fault !== undefined) {
      view.report(key, `${describeLength(text)} with ${fault} in it`, 'a text without blanks or line breaks');
    }
  }
  for (const key of keysOf('line')) {
    const text = view.text(key);
    if (text !== undefined && /\p{Cc}/u.test(text)) {
      view.report(
        key,
        `${describeLength(text)} with a line break or control character in it`,
        'a text of one line',
      );
    }
  }
  const credentials = view.text('skyflow.credentials');
  if (credentials !== undefined && !/^\s*["{]/.test(credentials)) {
    view.report('skyflow.credentials', describeLength(credentials), "a service account's JSON");
  }
}

function checkPaths(view: SettingsView): void {
  for (const { key, path } of settings) {
    const text = path ? view.text(key) : undefined;
    if (text?.includes('\0') === true)
      view.report(key, 'a path with a NUL in it', findSetting(key)?.allowed ?? 'a path');
  }
}

function checkUrls(view: SettingsView): void {
  for (const key of keysOf('server')) {
    const url = view.text(key);
    const fault = url === undefined ? undefined : faultOfServerUrl(url);
    if (fault !== undefined) view.report(key, fault, findSetting(key)?.allowed ?? 'a URL');
    else if (url !== undefined && /\byour[_-]vault\b/.test(url)) {
      view.report(key, "the example's placeholder", findSetting(key)?.allowed ?? 'a URL');
    }
  }
}

/** Where the hosts are known before anything begins, they are judged now. */
function checkHosts(view: SettingsView): void {
  for (const key of keysOf('server')) {
    const [section = ''] = key.split('.');
    const url = view.text(key) ?? '';
    if (!URL.canParse(url) || isAllowedHost(new URL(url).hostname, view.text(`${section}.allowed_hosts`)))
      continue;
    view.report(
      key,
      `a URL of ${new URL(url).host}`,
      `a URL of one of the hosts of ${section}.allowed_hosts`,
    );
  }
}

function checkVaults(view: SettingsView): void {
  const seen = new Map<string, number>();
  for (let index = 0; index < (view.vaultCount ?? 0); index += 1) {
    const key = `skyflow.vaults[${index}]`;
    if (view.text(`${key}.id`)?.startsWith('your_') === true) {
      view.report(`${key}.id`, "the example's placeholder", 'the ID of a vault of yours');
    }
    const name = view.text(`${key}.name`);
    if (name === undefined) continue;
    const first = seen.get(name.toLowerCase());
    if (first === undefined) seen.set(name.toLowerCase(), index);
    else {
      view.report(
        `${key}.name`,
        `${describeFound(name)}, which skyflow.vaults[${first}] has too`,
        'a name of its own for every vault, upper and lower case being the same',
      );
    }
  }
}

function checkCredentials(view: SettingsView, kept: readonly string[]): void {
  if (kept.length < 2) return;
  for (const key of kept.slice(1)) {
    view.report(key, `a second credential beside ${kept[0] ?? ''}`, 'one credential; take the others away');
  }
}

function checkSlice(view: SettingsView): void {
  for (const section of ['performance', ...sourceNames]) {
    const start = view.number(`${section}.start_record`) ?? 0;
    const end = view.number(`${section}.end_record`);
    if (end !== undefined && end <= start) {
      const key = `${section}.end_record`;
      view.report(key, String(end), `a row after ${section}.start_record, which is ${start}`);
    }
  }
}

function checkErrorLog(view: SettingsView): void {
  if (view.boolean('error_log.redact') !== true || !view.has('error_log.encrypt_to')) return;
  view.report('error_log.redact', 'true together with error_log.encrypt_to', 'one of the two');
}

function checkSkipping(view: SettingsView): void {
  if (view.boolean('skyflow.skip_existing') !== true) return;
  for (const [key, why] of [
    ['skyflow.upsert', 'which updates what is there'],
    ['performance.append_suffix', 'which makes every record a new one'],
  ] as const) {
    if (view.boolean(key) !== true) continue;
    view.report('skyflow.skip_existing', `true together with ${key}, ${why}`, 'one of the two');
  }
}

function checkRecordIds(view: SettingsView): void {
  if (view.boolean('skyflow.record_ids') !== true || view.boolean('skyflow.upsert') !== true) return;
  const why = 'true together with skyflow.upsert, which changes records that were there before';
  view.report('skyflow.record_ids', why, 'one of the two');
}

function checkWire(view: SettingsView): void {
  const wire = view.text('skyflow.wire') ?? 'auto';
  const name = wireNames.find((known) => known === wire);
  if (view.text('skyflow.lookup') === 'unique_value' && name !== undefined && !wires[name].asksByValue) {
    view.report('skyflow.lookup', `"unique_value" with skyflow.wire ${wire}`, 'value or existence');
  }
  for (const each of wireNames) wires[each].checkSettings?.(view);
}

function checkPaceWindows(view: SettingsView): void {
  const windows = view.text('performance.pace_windows');
  if (windows !== undefined && parsePaceWindows(windows) === undefined)
    view.report('performance.pace_windows', describeFound(windows), paceWindowsForm);
  const zone = view.text('performance.pace_time_zone');
  if (zone !== undefined && !isTimeZone(zone))
    view.report(
      'performance.pace_time_zone',
      describeFound(zone),
      'the name of a time zone, such as Europe/Berlin',
    );
}

/** Checks what no single key can tell, in any configuration, complete or not. */
export function checkSettings(view: SettingsView, credentials: ReturnType<typeof weighCredentials>): void {
  checkUrls(view);
  checkHosts(view);
  checkSecrets(view);
  checkPaths(view);
  checkVaults(view);
  checkCredentials(view, credentials.kept);
  checkSlice(view);
  for (const name of sourceNames) sourceKinds[name].judge?.(view);
  checkErrorLog(view);
  checkSkipping(view);
  checkPaceWindows(view);
  checkRecordIds(view);
  checkWire(view);
}
