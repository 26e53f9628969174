import type { Configuration, VaultSettings } from '../../src/config/configuration.js';
import { ConfigurationError } from '../../src/config/configuration-error.js';
import { selectVaults } from '../../src/config/select-vaults.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { RunRecord } from '../../src/run-record/run-record.js';

/** The vaults of a run, or the named ones of them. Throws `config` for one that is not any more the vault that the run loaded. */
export function loadedVaults(
  names: readonly string[] | undefined,
  record: RunRecord,
  { skyflow }: Configuration,
): readonly VaultSettings[] {
  const known = skyflow.vaults.filter(({ name }) => record.vaults.some((vault) => vault.name === name));
  const { selected, problems } = selectVaults(known, names);
  if (problems.length > 0) throw new ConfigurationError(problems);
  for (const { name, id, table } of selected) {
    const loaded = record.vaults.find((vault) => vault.name === name);
    if (loaded?.id === id && loaded.table === table) continue;
    throw new SuperviseError(
      'config',
      `vault ${name} is configured as ${id}, table ${table}; the run loaded ${loaded?.id ?? 'nothing'}, table ${loaded?.table ?? 'none'}`,
      { hint: 'Give the configuration of that time (--config).' },
    );
  }
  return selected;
}
