import type { Settings, VaultSettings } from '../../config/configuration.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { isPair } from './vault-files.js';

const waysOut = (key: string) => `one file of both columns, or ${key}`;

/** Vaults whose values and tokens are tied together by the number of their row, and by nothing else. */
function pairedByNumber(vaults: readonly VaultSettings[]): readonly string[] {
  return vaults.filter(({ csv }) => isPair(csv) && csv.key_column === undefined).map(({ name }) => name);
}

/** What nothing can see while it happens is said before the load, and again after it; `key`: the setting that ties rows. */
export function remarkOnPairing(vaults: readonly VaultSettings[], key = 'csv.key_column'): readonly string[] {
  const names = pairedByNumber(vaults);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')}: value and token are paired by the number of their row; exports that were not written in one order pair everything wrong, and nothing can see it (better: ${waysOut(key)})`,
  ];
}

/** Throws `config` where `require_key` of the source's section forbids that. */
export function refuseUnkeyed(
  { csv, source }: Pick<Settings, 'csv' | 'source'>,
  vaults: readonly VaultSettings[],
): void {
  const [name] = csv.require_key ? pairedByNumber(vaults) : [];
  if (name === undefined) return;
  throw new SuperviseError(
    'config',
    `vault ${name}: values and tokens are in separate files without a key, which ${source}.require_key refuses`,
    {
      hint: `Use ${waysOut(`${source}.key_column`)}: a column of both files whose cells are equal row by row.`,
    },
  );
}
