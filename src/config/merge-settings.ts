import { resolve } from 'node:path';
import { findSetting, settings, singleSettings } from './catalogue.js';
import { type Setting, readTruth } from './setting.js';
import type { Origins } from './configuration.js';
import { describeFound, type ConfigurationProblem } from './configuration-error.js';
import { credentialKeys } from './credential-setting.js';
import type { ConfigurationFile } from './read-configuration-file.js';
import type { RecordedSettings } from './redact-configuration.js';
import { isTree, readPath, removePath, writePath, type Tree } from './settings-tree.js';

/** Where settings come from, beside the defaults. Each layer overrides the ones before it. */
export interface SettingLayers {
  readonly file: ConfigurationFile | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The settings of an earlier run: they replace the file's and the environment's, secrets excepted. */
  readonly recorded: RecordedSettings | undefined;
  /** Texts of flags, by key. */
  readonly flags: Readonly<Record<string, string>>;
  /** What commands for secrets wrote, by the key of the secret. */
  readonly outputs: Readonly<Record<string, { readonly text: string; readonly origin: string }>>;
  /** Answers to prompts, by key. */
  readonly answers: Readonly<Record<string, string>>;
  /** Against which relative paths of the file and the run are resolved; those of today against the current one. */
  readonly workingDirectory: string;
}

/** Another place than the one that a run sent to. */
export interface MovedPlace {
  readonly key: string;
  readonly recorded: string;
  readonly current: string;
  /** Of the current one. */
  readonly origin: string;
}

export interface MergedSettings {
  /** The settings as nested objects, not yet validated. */
  readonly tree: unknown;
  /** Of every key that any layer gives. */
  readonly origins: Origins;
  readonly problems: readonly ConfigurationProblem[];
  /** Where today's configuration goes elsewhere than the run that is gone on with. */
  readonly moved: readonly MovedPlace[];
}

/** A text from a flag or the environment as a value of the setting's kind; as it is when it does not fit. */
function coerce(text: string, { kind, secret }: Setting): unknown {
  if (kind === 'boolean') return readTruth(text) ?? text;
  const numeric = kind === 'integer' || kind === 'number' || kind === 'number or text';
  if (numeric && /^[+-]?\d+(\.\d+)?([eE]\d+)?$/.test(text)) return Number(text);
  return secret ? text.replace(/\r?\n$/, '') : text;
}

const bare = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');

/** Choices are compared without case, `-` and `_`: `snowflake_jwt` means SNOWFLAKE_JWT, `utf-8` means utf8. */
function canonical(value: unknown, { choices }: Setting): unknown {
  if (typeof value !== 'string') return value;
  return choices.find((choice) => bare(choice) === bare(value)) ?? value;
}

/** Where data goes and on whose authority is said by today's configuration, whatever a run recorded. */
const keepsOverRecorded = (setting: Setting) => setting.today !== undefined;

class Merger {
  readonly tree: Tree = {};
  readonly origins = new Map<string, string>();
  readonly problems: ConfigurationProblem[] = [];

  set(key: string, value: unknown, origin: string): void {
    // A section that is no object stays as it is; the schema reports it.
    if (writePath(this.tree, key, value)) this.origins.set(key, origin);
  }

  addFile(name: string, content: Tree, recorded: boolean): void {
    if (!recorded) Object.assign(this.tree, structuredClone(content));
    for (const setting of singleSettings) {
      const value = readPath(content, setting.key);
      const counts = value !== undefined && value !== '' && (!recorded || keepsOverRecorded(setting));
      if (counts) this.set(setting.key, canonical(value, setting), name);
      else if (value === '') removePath(this.tree, setting.key);
    }
    if (recorded) return;
    const vaults = readPath(content, 'skyflow.vaults');
    if (vaults !== undefined) this.origins.set('skyflow.vaults', name);
    for (const index of Array.isArray(vaults) ? vaults.keys() : []) {
      for (const { key } of settings) {
        const own = key.replace('[]', `[${index}]`);
        if (own !== key && readPath(content, own) !== undefined) this.origins.set(own, name);
      }
    }
  }

  addEnvironment(environment: SettingLayers['environment'], recorded: boolean): void {
    for (const setting of singleSettings) {
      const text = setting.variable === undefined ? undefined : environment[setting.variable];
      if (text === undefined || text === '' || (recorded && !keepsOverRecorded(setting))) continue;
      const value = canonical(coerce(text, setting), setting);
      // Said now, and so meant from here, not from where the run began.
      const path = recorded && setting.path && typeof value === 'string' ? resolve(value) : value;
      this.set(setting.key, path, `environment ${setting.variable ?? ''}`);
    }
  }

  addRecorded(recorded: RecordedSettings, alsoGiven: readonly string[]): void {
    const given = credentialKeys.some((key) => this.origins.has(key) || alsoGiven.includes(key));
    for (const [key, entry] of Object.entries(recorded)) {
      if (!('value' in entry) || (given && credentialKeys.includes(key))) continue;
      const setting = findSetting(key);
      if (setting !== undefined && keepsOverRecorded(setting) && this.origins.has(key)) continue;
      // A default of then is still one, so that "a limit nobody asked for" stays true.
      this.set(key, entry.value, entry.origin);
    }
  }

  addTexts(texts: Readonly<Record<string, string>>, originOf: (setting: Setting) => string): void {
    for (const [key, text] of Object.entries(texts)) {
      const setting = findSetting(key);
      if (setting === undefined) throw new RangeError(`no such setting: ${key}`);
      const origin = originOf(setting);
      if (text === '') {
        this.problems.push({ key, found: describeFound(text), allowed: setting.allowed, where: origin });
      } else this.set(key, canonical(coerce(text, setting), setting), origin);
    }
  }
}

/**
 * Lays flags over environment over file, and remembers where each setting came from. An empty text in the file
 * or the environment is the same as leaving the setting out; an empty flag is a mistake.
 */
export function mergeSettings(layers: SettingLayers): MergedSettings {
  const merger = new Merger();
  const { file, recorded } = layers;
  if (file !== undefined) {
    if (isTree(file.content)) merger.addFile(file.name, file.content, recorded !== undefined);
    else if (recorded === undefined) return { tree: file.content, origins: {}, problems: [], moved: [] };
  }
  merger.addEnvironment(layers.environment, recorded !== undefined);
  if (recorded !== undefined) {
    merger.addRecorded(recorded, [...Object.keys(layers.flags), ...Object.keys(layers.answers)]);
  }
  merger.addTexts(layers.flags, ({ flag, key }) => `flag ${flag ?? key}`);
  for (const [key, { text, origin }] of Object.entries(layers.outputs)) {
    merger.addTexts({ [key]: text }, () => origin);
  }
  merger.addTexts(layers.answers, () => 'prompt');
  return {
    tree: merger.tree,
    origins: Object.fromEntries(merger.origins),
    problems: merger.problems,
    moved: recorded === undefined ? [] : findMoved(merger, recorded, layers.workingDirectory),
  };
}

/** Only settings that both name: what today's configuration leaves unset the run fills in. */
function findMoved(
  { tree, origins }: Merger,
  recorded: RecordedSettings,
  workingDirectory: string,
): MovedPlace[] {
  return singleSettings.flatMap((setting) => {
    const entry = setting.today === 'place' ? recorded[setting.key] : undefined;
    const before = entry !== undefined && 'value' in entry ? entry.value : undefined;
    const current = readPath(tree, setting.key);
    if (typeof before !== 'string' || typeof current !== 'string') return [];
    const place = (text: string) => placeOf(text, setting, workingDirectory);
    if (place(before) === place(current)) return [];
    return [{ key: setting.key, recorded: before, current, origin: origins.get(setting.key) ?? 'default' }];
  });
}

/** A place as it can be compared: a slash at the end of a URL, or the case of an account, makes no other place. */
function placeOf(text: string, { path }: Setting, workingDirectory: string): string {
  if (path) return resolve(workingDirectory, text);
  return URL.canParse(text) ? new URL(text).href.replace(/\/+$/, '') : text.toLowerCase();
}
