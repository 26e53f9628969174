import type { Settings, VaultSettings } from '../../config/configuration.js';
import { SuperviseError } from '../../errors/supervise-error.js';
import { isPair } from './vault-files.js';

const waysOut = 'one file of both columns, or csv.key_column';

/** Vaults whose values and tokens are tied together by the number of their row, and by nothing else. */
function pairedByNumber(vaults: readonly VaultSettings[]): readonly string[] {
  return vaults.filter(({ csv }) => isPair(csv) && csv.key_column === undefined).map(({ name }) => name);
}

/** What nothing can see while it happens is said before the load, and again after it. */
export function remarkOnPairing(vaults: readonly VaultSettings[]): readonly string[] {
  const names = pairedByNumber(vaults);
  if (names.length === 0) return [];
  return [
    `${names.join(', ')}: value and token are paired by the number of their row; exports that were not written in one order pair everything wrong, and nothing can see it (better: ${waysOut})`,
  ];
}

/** Throws `config` where `csv.require_key` forbids that. */
export function refuseUnkeyed({ csv }: Pick<Settings, 'csv'>, vaults: readonly VaultSettings[]): void {
  const [name] = csv.require_key ? pairedByNumber(vaults) : [];
  if (name === undefined) return;
  throw new SuperviseError(
    'config',
    `vault ${name}: values and tokens stand in files of their own without a key, which csv.require_key refuses`,
    { hint: `Use ${waysOut}: a column of both files whose cells are equal row by row.` },
  );
}
