import { findCredential, findLookupCredential } from './credential-setting.js';
import { kindOf } from '../source/source-kinds.js';
import { statSync } from 'node:fs';
import { assertTrustedPath, warnOfReadable } from '../trust/open-trusted.js';
import { strangerThatWrites } from '../trust/strangers.js';
import { settings, singleSettings } from './catalogue.js';
import type { Settings } from './configuration.js';
import { nearestWord } from './nearest-word.js';
import type { ConfigurationFile } from './read-configuration-file.js';
import { readPath } from './settings-tree.js';

function warnOfReadableSecrets(file: ConfigurationFile): string[] {
  if (!file.othersMayRead) return [];
  const held = settings.filter(({ key, secret }) => {
    const value = secret ? readPath(file.content, key) : undefined;
    return typeof value === 'string' && value !== '';
  });
  if (held.length === 0) return [];
  const keys = held.map(({ key }) => key).join(', ');
  const mode = file.mode.toString(8).padStart(4, '0');
  return [
    `${file.name} holds secrets (${keys}) and others on this machine may read it (mode ${mode}): chmod 600 ${file.name}`,
  ];
}

/** Throws `config` when a file that says where data and credentials go may be written by others. */
export function refuseOpenFiles(settingsInForce: Settings): void {
  for (const { path } of namedFiles(settingsInForce)) assertTrustedPath(path);
}

function namedFiles(settingsInForce: Settings) {
  return singleSettings.flatMap(({ key, file }) => {
    const path = file === undefined ? undefined : readPath(settingsInForce, key);
    return typeof path === 'string' ? [{ key, file, path }] : [];
  });
}

/** Runs that others put there are refused, but they can take ours away. */
function warnOfOpenRuns({ run_dir: runs }: Settings): string[] {
  const stranger = writerOf(runs);
  return stranger === undefined
    ? []
    : [`the directory of the runs, ${runs}, is not this user's alone: ${stranger}`];
}

function writerOf(folder: string): string | undefined {
  try {
    return strangerThatWrites(statSync(folder));
  } catch {
    return undefined;
  }
}

/** What the variables of a section begin with, the longest first. */
const prefixes = [
  ...new Set(
    singleSettings.flatMap(({ key, variable }) => {
      const name = key.slice(key.indexOf('.') + 1).toUpperCase();
      return variable?.endsWith(`_${name}`) === true ? [variable.slice(0, -name.length)] : [];
    }),
  ),
].toSorted((one, other) => other.length - one.length);

/** Variables of our sections that we do not know, where a known one is near: others may be somebody else's. */
function warnOfMisspelledVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = singleSettings.map(({ variable }) => variable).filter((variable) => variable !== undefined);
  const names = new Set(known);
  return Object.keys(environment).flatMap((name) => {
    const prefix = prefixes.find((start) => name.startsWith(start));
    if (prefix === undefined || names.has(name)) return [];
    const sameSection = known.filter((variable) => variable.startsWith(prefix));
    const near = nearestWord(
      name.slice(prefix.length),
      sameSection.map((variable) => variable.slice(prefix.length)),
    );
    return near === undefined
      ? []
      : [`the environment variable ${name} is not used; did you mean ${prefix}${near}?`];
  });
}

/** What the tokens of a service account are to be for, where no service account gets them: the token is used as it is. */
function warnOfIdleWishes(settingsInForce: Settings): string[] {
  const { skyflow } = settingsInForce;
  const wishes = [
    [findCredential(settingsInForce), 'credentials_context', 'credentials_roles'],
    [findLookupCredential(settingsInForce), 'lookup_credentials_context', 'lookup_credentials_roles'],
  ] as const;
  return wishes.flatMap(([credential, ...keys]) => {
    if (credential?.kind === 'credentials' || credential?.kind === 'credentials_file') return [];
    return keys
      .filter((key) => skyflow[key] !== undefined)
      .map((key) => `skyflow.${key} is not used: it is for a service account, and there is none`);
  });
}

/** What is allowed but should be known before a load starts. */
export function findWarnings(
  settingsInForce: Settings,
  file: ConfigurationFile | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const warnings = file === undefined ? [] : warnOfReadableSecrets(file);
  for (const { key, file: guarded, path } of namedFiles(settingsInForce)) {
    const warning = guarded === 'secret' ? warnOfReadable(path, key) : undefined;
    if (warning !== undefined) warnings.push(warning);
  }
  warnings.push(...warnOfOpenRuns(settingsInForce), ...warnOfMisspelledVariables(environment));
  warnings.push(...warnOfIdleWishes(settingsInForce));
  return [...warnings, ...kindOf(settingsInForce).warnings(settingsInForce)];
}
