import { singleSettings } from './catalogue.js';
import { credentialKeys, strengthOf, weighCredentials } from './credential-setting.js';
import type { MergedSettings } from './merge-settings.js';
import { readPath } from './settings-tree.js';

/** A command that is configured in place of a secret. */
export interface SecretCommand {
  /** The setting that its output is. */
  readonly key: string;
  /** The setting that names it. */
  readonly setting: string;
  readonly command: string;
  /** Of the command, and so of its output. */
  readonly origin: string;
}

/** The commands whose output counts: a secret, or another credential, from as strong a layer makes them idle. */
export function findSecretCommands({ tree, origins }: MergedSettings): SecretCommand[] {
  const found = singleSettings.flatMap(({ key: setting, commandFor: key }) => {
    const command = readPath(tree, setting);
    const origin = origins[setting];
    if (key === undefined || typeof command !== 'string' || origin === undefined) return [];
    const plain = origins[key];
    const isIdle = plain !== undefined && strengthOf(plain) >= strengthOf(origin);
    return isIdle ? [] : [{ key, setting, command, origin }];
  });
  const outputs = Object.fromEntries(found.map(({ key, origin }) => [key, origin]));
  const { overridden } = weighCredentials({ ...origins, ...outputs });
  return found.filter(({ key }) => !credentialKeys.includes(key) || !overridden.includes(key));
}
