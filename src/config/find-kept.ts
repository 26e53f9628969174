import { resolve } from 'node:path';
import { findSetting } from './catalogue.js';
import type { RecordedSettings } from './redact-configuration.js';
import { readPath } from './settings-tree.js';

/** A setting that a run keeps although its configuration file says otherwise now. */
export interface KeptSetting {
  readonly key: string;
  /** The vault that it is of, by name. */
  readonly vault: string | undefined;
}

/** What was said beside the file when the run began is no change of the file. */
const saidBeside = /^(?:flag|environment|command) |^(?:prompt|retry)$/;
const vaultKey = /^skyflow\.vaults\[(\d+)\]\.(.+)$/;

/**
 * Where a configuration file says otherwise now than the settings that a run has recorded and keeps. What today's
 * configuration decides (places, secrets) is not among them, nor what the file says nothing about. Vaults are told apart by name.
 */
export function findKept(
  content: unknown,
  recorded: RecordedSettings,
  workingDirectory: string,
): KeptSetting[] {
  return Object.entries(recorded).flatMap(([key, entry]) => {
    if (!('value' in entry) || saidBeside.test(entry.origin)) return [];
    const [, at, ofVault] = vaultKey.exec(key) ?? [];
    const setting = findSetting(ofVault === undefined ? key : `skyflow.vaults[].${ofVault}`);
    if (setting === undefined || setting.today !== undefined || setting.secret) return [];
    const vault = at === undefined ? undefined : textAt(recorded, `skyflow.vaults[${at}].name`);
    const now = readPath(content, ofVault === undefined ? key : (nowOf(content, vault, ofVault) ?? key));
    if (now === undefined || now === '' || ofVault === 'name') return [];
    const said = (value: unknown): string =>
      setting.path && typeof value === 'string'
        ? resolve(workingDirectory, value)
        : JSON.stringify(value).toLowerCase();
    return said(now) === said(entry.value) ? [] : [{ key: ofVault ?? key, vault }];
  });
}

/** Where a vault of this name has a key now. */
function nowOf(content: unknown, vault: string | undefined, key: string): string | undefined {
  const vaults: unknown = readPath(content, 'skyflow.vaults');
  if (!Array.isArray(vaults) || vault === undefined) return undefined;
  const at = vaults.findIndex((one) => {
    const name: unknown = readPath(one, 'name');
    return typeof name === 'string' && name.toLowerCase() === vault.toLowerCase();
  });
  return at < 0 ? undefined : `skyflow.vaults[${at}].${key}`;
}

function textAt(recorded: RecordedSettings, key: string): string | undefined {
  const entry = recorded[key];
  return entry !== undefined && 'value' in entry && typeof entry.value === 'string' ? entry.value : undefined;
}
