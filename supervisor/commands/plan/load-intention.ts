import type { Origins, Settings, VaultSettings } from '../../../src/config/configuration.js';
import { redactConfiguration } from '../../../src/config/redact-configuration.js';
import { beginSession, type RunAuthority } from '../../../src/run-record/run-record.js';
import type { InputIdentity } from '../../../src/source/input-identity.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import type { LoadCommand } from '../load/definition.js';
import type { LoadIntention } from './plan-format.js';

/** What a load that begins with these settings and flags would do. */
export function loadIntention(load: {
  readonly settings: Settings;
  readonly origins: Origins;
  readonly authority: RunAuthority;
  readonly vaults: readonly VaultSettings[];
  readonly asked: Pick<LoadCommand, 'precount' | 'checkConflicts' | 'newRun' | 'maxParallelVaults'>;
  /** By the vault's name. */
  readonly inputs: ReadonlyMap<string, readonly InputIdentity[]>;
}): LoadIntention {
  const { settings, origins, authority, vaults, asked } = load;
  const kind = kindOf(settings);
  const now = beginSession({
    command: 'load',
    startedAt: new Date(),
    settings: redactConfiguration(settings, origins),
  });
  return {
    program_version: now.program_version,
    program_commit: now.program_commit,
    node_version: now.node_version,
    asked: {
      precount: asked.precount,
      check_conflicts: asked.checkConflicts,
      new_run: asked.newRun,
      max_parallel_vaults: asked.maxParallelVaults ?? null,
    },
    ...authority,
    vaults: vaults.map((vault) => {
      const { name, id, table, column } = vault;
      const inputs = load.inputs.get(name);
      const sql = kind.query(vault, settings);
      return {
        ...{ name, id, table, column },
        ...(sql === undefined ? {} : { sql }),
        inputs: inputs === undefined || sql !== undefined ? null : [...inputs],
      };
    }),
    settings: now.settings,
  };
}
