import type { KeptSetting } from '../../../src/config/find-kept.js';
import { shellWord } from '../../command-line/shell-word.js';

/** Most keys that are named. */
const mostNamed = 4;

/** That a run keeps settings although its file says otherwise now, and what takes the new ones; nothing where it does not. */
export function describeKept(
  kept: readonly KeptSetting[],
  config: { readonly file: string; readonly wasNamed: boolean },
): string[] {
  if (kept.length === 0) return [];
  const named = kept.map(({ key, vault }) => (vault === undefined ? key : `${key} of ${vault}`));
  const more = named.length > mostNamed ? ` and ${named.length - mostNamed} more` : '';
  const vaults = [...new Set(kept.flatMap(({ vault }) => vault ?? []))];
  const anew = ['skyflow-supervise', 'load', '--vault', vaults.join(',')];
  const words = [...anew, ...(config.wasNamed ? ['--config', config.file] : [])].map(shellWord).join(' ');
  return [
    `the configuration has changed since this run began, which keeps its own settings: ${named.slice(0, mostNamed).join(', ')}${more}` +
      (vaults.length === 0
        ? '; a flag changes what is left to do'
        : `; to load with the new ones what nothing was sent of yet: ${words}`),
  ];
}
