import type { z } from 'zod';
import { findSetting, settings } from './catalogue.js';
import type { Origins } from './configuration.js';
import { describeFound, type ConfigurationProblem } from './configuration-error.js';
import { nearestWord } from './nearest-word.js';
import { readPath } from './settings-tree.js';

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
export function judgeSettings(
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
