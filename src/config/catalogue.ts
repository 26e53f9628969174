import { readCatalogue } from './read-catalogue.js';
import type { Setting } from './setting.js';

/** Every key of the configuration, in the order of the schema; sections and the list of vaults are among them. */
export const settings: readonly Setting[] = readCatalogue();

const byKey = new Map(settings.map((setting) => [setting.key, setting]));

/** The setting of a key; list indexes (`vaults[3]`) are looked up as `vaults[]`. */
export function findSetting(key: string): Setting | undefined {
  return byKey.get(key.replace(/\[\d+\]/g, '[]'));
}

/** The settings that stand for themselves: no sections, no lists, nothing inside a list. */
export const singleSettings: readonly Setting[] = settings.filter(
  ({ key, kind }) => kind !== 'object' && kind !== 'list' && !key.includes('[]') && key !== '$schema',
);
