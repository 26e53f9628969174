import { findSetting } from './catalogue.js';
import type { RecordedSettings } from './redact-configuration.js';

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
 * Where a configuration file says otherwise `now`, read by itself and in the form of what is recorded, than the settings that a
 * run has recorded and keeps. What today's configuration decides (places, secrets) is not among them, nor what the file says
 * nothing about. Vaults are told apart by name.
 */
export function findKept(now: RecordedSettings, recorded: RecordedSettings): KeptSetting[] {
  return Object.entries(recorded).flatMap(([key, entry]) => {
    if (!('value' in entry) || saidBeside.test(entry.origin)) return [];
    const [, at, ofVault] = vaultKey.exec(key) ?? [];
    const setting = findSetting(ofVault === undefined ? key : `skyflow.vaults[].${ofVault}`);
    if (setting === undefined || setting.today !== undefined || ofVault === 'name') return [];
    const vault = at === undefined ? undefined : nameAt(recorded, at);
    const said = now[ofVault === undefined ? key : (placeOf(now, vault, ofVault) ?? '')];
    if (said === undefined || !('value' in said) || said.origin === 'default') return [];
    return JSON.stringify(said.value) === JSON.stringify(entry.value) ? [] : [{ key: ofVault ?? key, vault }];
  });
}

/** Where a vault of this name has a key now. */
function placeOf(now: RecordedSettings, vault: string | undefined, key: string): string | undefined {
  const indexes = Object.keys(now).flatMap((one) => {
    const [, at = '', ofVault] = vaultKey.exec(one) ?? [];
    return ofVault === 'name' && nameAt(now, at)?.toLowerCase() === vault?.toLowerCase() ? [at] : [];
  });
  return indexes[0] === undefined ? undefined : `skyflow.vaults[${indexes[0]}].${key}`;
}

function nameAt(settings: RecordedSettings, at: string): string | undefined {
  const entry = settings[`skyflow.vaults[${at}].name`];
  return entry !== undefined && 'value' in entry && typeof entry.value === 'string' ? entry.value : undefined;
}
