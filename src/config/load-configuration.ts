import { existsSync } from 'node:fs';
import { singleSettings, findSetting, settings } from './catalogue.js';
import { checkCompleteness, missingAsProblem, type MissingSetting } from './check-completeness.js';
import { checkSettings } from './check-settings.js';
import type { Configuration, Origins, Settings } from './configuration.js';
import { ConfigurationError, type ConfigurationProblem, describeFound } from './configuration-error.js';
import { weighCredentials } from './credential-setting.js';
import { findWarnings, refuseOpenFiles } from './find-warnings.js';
import type { LoadIntent } from '../source/source-kind.js';
import { findSecretCommands, type SecretCommand } from './find-secret-commands.js';
import { mergeSettings, type MergedSettings, type MovedPlace, type SettingLayers } from './merge-settings.js';
import { readConfigurationFile, type ConfigurationFile } from './read-configuration-file.js';
import { findKept, type KeptSetting } from './find-kept.js';
import { redactConfiguration, type RecordedSettings } from './redact-configuration.js';
import { resolveSettings } from './resolve-settings.js';
import { configurationSchema, type ParsedConfiguration } from './schema.js';
import { isLoopbackUrl, withoutTrailingSlash } from '../outside/hosts.js';
import { isTree, removePath, readPath } from './settings-tree.js';
import { SettingsView } from './settings-view.js';
import type { z } from 'zod';
import { nearestWord } from './nearest-word.js';

export interface SettingsRequest {
  /** The configuration file; undefined reads none. */
  readonly file?: string | undefined;
  /** Whether a person named the file: then it must exist. A load without `recorded` needs one in any case. */
  readonly fileWasNamed?: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Texts of flags, by key: `{'performance.batch_size': '100'}`. */
  readonly flags?: Readonly<Record<string, string>>;
  /** What the commands of `findCommands` wrote, by the key of the secret. */
  readonly outputs?: SettingLayers['outputs'];
  /** Answers to the prompts for `missingSecrets`, by key. */
  readonly answers?: Readonly<Record<string, string>>;
  /** The settings of the run that is resumed. */
  readonly recorded?: RecordedSettings | undefined;
  /** Against which relative paths are resolved. */
  readonly workingDirectory?: string;
}

export interface LoadRequest extends SettingsRequest, Partial<LoadIntent> {
  /** True when somebody can be asked: what is missing is then no mistake but in `missingSecrets`. */
  readonly isTerminal?: boolean;
}

export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: Origins;
  readonly warnings: readonly string[];
}

export interface LoadedConfiguration extends Omit<LoadedSettings, 'settings'> {
  readonly configuration: Configuration;
  /** Empty unless `isTerminal`: what to ask for, and to give to a second call as `answers`. */
  readonly missingSecrets: readonly MissingSetting[];
  /** Where this configuration goes elsewhere than the run that it goes on with; to be confirmed before anything is sent. */
  readonly moved: readonly MovedPlace[];
  /** Where the file says otherwise than the run that is gone on with, which keeps its own. */
  readonly kept: readonly KeptSetting[];
}

interface Assembly {
  readonly parsed: ParsedConfiguration | undefined;
  readonly origins: Origins;
  readonly view: SettingsView;
  readonly hasCredential: boolean;
  readonly problems: readonly ConfigurationProblem[];
  readonly moved: readonly MovedPlace[];
}

function merge(request: SettingsRequest, file: ConfigurationFile | undefined): MergedSettings {
  return mergeSettings({
    file,
    environment: request.environment,
    recorded: request.recorded,
    flags: request.flags ?? {},
    outputs: request.outputs ?? {},
    answers: request.answers ?? {},
    workingDirectory: request.workingDirectory ?? process.cwd(),
  });
}

/** The commands that a load has to run for its secrets, before it is configured. */
export function findCommands(request: LoadRequest): readonly SecretCommand[] {
  return findSecretCommands(merge(request, readFileOfLoad(request)));
}

/** The file of a load; it may be missing where a run's settings are known. */
function readFileOfLoad(request: LoadRequest): ConfigurationFile | undefined {
  const optional = request.recorded !== undefined && request.fileWasNamed !== true;
  const readable = request.file !== undefined && (!optional || existsSync(request.file));
  return readable ? readConfigurationFile(request.file) : undefined;
}

/** Merges the layers and judges every key by itself; throws nothing for what is wrong. */
function assemble(request: SettingsRequest, file: ConfigurationFile | undefined): Assembly {
  const merged = merge(request, file);
  const credentials = weighCredentials(merged.origins);
  const origins = Object.fromEntries(
    Object.entries(merged.origins).filter(([key]) => !credentials.overridden.includes(key)),
  );
  if (isTree(merged.tree)) for (const key of credentials.overridden) removePath(merged.tree, key);
  const result = configurationSchema.safeParse(merged.tree, { jitless: true });
  const problems = [
    ...merged.problems,
    ...judgeSettings(result.error?.issues ?? [], merged.tree, origins, file?.name),
  ];
  const view = new SettingsView(merged.tree, origins, new Set(problems.map(({ key }) => key)));
  if (view.isReadable) checkSettings(view, credentials);
  const hasCredential = credentials.kept.length > 0;
  return { parsed: result.data, origins, view, hasCredential, problems, moved: merged.moved };
}

function refuse(problems: readonly ConfigurationProblem[]): never {
  throw new ConfigurationError(problems, {
    hint: 'Correct every line above, then try again; docs/configuration.md explains every key.',
  });
}

/** Every single setting's origin, defaults included, and those of the vaults' keys. */
function completeOrigins(origins: Origins, settings: Settings): Origins {
  const complete: Record<string, string> = {};
  for (const { key } of singleSettings) complete[key] = origins[key] ?? 'default';
  for (const [key, origin] of Object.entries(origins)) complete[key] = origin;
  if (settings.skyflow.vaults.length === 0) complete['skyflow.vaults'] ??= 'default';
  return Object.freeze(complete);
}

function finish(
  parsed: ParsedConfiguration,
  assembly: Assembly,
  request: SettingsRequest,
): Omit<LoadedSettings, 'warnings'> {
  const settings = resolveSettings(parsed, request.workingDirectory ?? process.cwd());
  refuseOpenFiles(settings);
  return { settings, origins: completeOrigins(assembly.origins, settings) };
}

/**
 * Whatever is configured, for commands that need no complete configuration (`generate`, `report`). A file that
 * nobody named may be missing. Throws a ConfigurationError with every mistake.
 */
export function loadSettings(request: SettingsRequest): LoadedSettings {
  const wanted = request.file !== undefined && (request.fileWasNamed === true || existsSync(request.file));
  const file = wanted ? readConfigurationFile(request.file) : undefined;
  const assembly = assemble(request, file);
  const problems = [...assembly.problems, ...assembly.view.problems];
  if (assembly.parsed === undefined || problems.length > 0) refuse(problems);
  const loaded = finish(assembly.parsed, assembly, request);
  return { ...loaded, warnings: findWarnings(loaded.settings, file, request.environment) };
}

/**
 * The configuration of a load: flags over environment over file over defaults, checked key by key and as a
 * whole. Throws a ConfigurationError with every mistake at once, or a SuperviseError `config` when there is no
 * file.
 */
export function loadConfiguration(request: LoadRequest): LoadedConfiguration {
  const file = readFileOfLoad(request);
  const assembly = assemble(request, file);
  const { view } = assembly;
  const { selection, newRun = false, readsSource = true, workingDirectory = process.cwd() } = request;
  const intent = { selection, newRun, readsSource, workingDirectory };
  const missing = view.isReadable ? checkCompleteness(view, assembly.hasCredential, intent) : [];
  const problems = [...assembly.problems, ...view.problems];
  if (request.isTerminal !== true) problems.push(...missing.map(missingAsProblem));
  const vaultUrl = assembly.parsed?.skyflow.vault_url;
  if (assembly.parsed === undefined || vaultUrl === undefined || problems.length > 0) refuse(problems);
  const { settings, origins } = finish(assembly.parsed, assembly, request);
  const configuration: Configuration = Object.freeze({
    ...settings,
    skyflow: Object.freeze({ ...settings.skyflow, vault_url: withoutTrailingSlash(vaultUrl) }),
    performance: Object.freeze({
      ...settings.performance,
      append_suffix:
        settings.performance.append_suffix ?? (isLoopbackUrl(vaultUrl) && !settings.skyflow.skip_existing),
    }),
  });
  const warnings = findWarnings(configuration, file, request.environment);
  return {
    configuration,
    origins,
    warnings,
    missingSecrets: missing,
    moved: assembly.moved,
    kept: request.recorded === undefined ? [] : findKept(readAlone(file, request), request.recorded),
  };
}

/** What the file says by itself, in the form in which a run records it; nothing where it is no configuration. */
function readAlone(file: ConfigurationFile | undefined, request: SettingsRequest): RecordedSettings {
  const { workingDirectory = process.cwd() } = request;
  const { tree, origins } = merge({ workingDirectory, environment: {} }, file);
  const { data } = configurationSchema.safeParse(tree, { jitless: true });
  return data === undefined ? {} : redactConfiguration(resolveSettings(data, workingDirectory), origins);
}

const aVault = 'a vault: { "name": …, "id": …, "column": … }';

function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, step) => {
    if (typeof step === 'number') return `${key}[${step}]`;
    return key === '' ? String(step) : `${key}.${String(step)}`;
  }, '');
}

const did = (meant: string | undefined) => (meant === undefined ? undefined : `did you mean ${meant}?`);

/** The names of the keys right below a key. */
function childNames(key: string): string[] {
  const prefix = key === '' ? '' : `${key.replace(/\[\d+\]/g, '[]')}.`;
  return settings
    .filter((setting) => setting.key.startsWith(prefix) && !/[.[]/.test(setting.key.slice(prefix.length)))
    .map((setting) => setting.key.slice(prefix.length));
}

function unknownKey(parent: string, name: string, where: string | undefined): ConfigurationProblem {
  const names = childNames(parent);
  const near = nearestWord(name, names);
  const elsewhere = settings.find(({ key }) => !key.includes('[]') && key.endsWith(`.${name}`));
  const meant = elsewhere?.key ?? (near === undefined || parent === '' ? near : `${parent}.${near}`);
  return {
    key: parent === '' ? name : `${parent}.${name}`,
    found: 'an unknown key',
    allowed: meant === undefined ? `the keys ${names.join(', ')}` : 'known keys only',
    suggestion: did(meant),
    where,
  };
}

/** What the schema found wrong, in words for people; one problem a key. */
function judgeSettings(
  issues: readonly z.core.$ZodIssue[],
  tree: unknown,
  origins: Origins,
  fileName: string | undefined,
): ConfigurationProblem[] {
  const problems = new Map<string, ConfigurationProblem>();
  for (const issue of issues) {
    const key = keyOf(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const name of issue.keys) {
        const problem = unknownKey(key, name, fileName);
        problems.set(problem.key, problem);
      }
      continue;
    }
    const setting = findSetting(key);
    const value = key === '' ? tree : readPath(tree, key);
    const text = typeof value === 'string' && setting?.kind === 'choice' ? value : undefined;
    problems.set(key, {
      key: key === '' ? (fileName ?? 'configuration') : key,
      found: describeFound(value, setting?.secret),
      allowed: setting?.allowed ?? (key === '' ? 'an object: { … }' : aVault),
      suggestion: text === undefined ? undefined : did(nearestWord(text, setting?.choices ?? [])),
      where: origins[key] ?? fileName,
    });
  }
  return [...problems.values()];
}
