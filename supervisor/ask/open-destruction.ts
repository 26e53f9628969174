import type { VaultSettings } from '../../src/config/configuration.js';
import type { LoadedConfiguration } from '../../src/config/load-configuration.js';
import { selectVaults } from '../../src/config/select-vaults.js';
import { settingsRequest } from '../command-line/configured.js';
import type { Configured } from '../command-line/shared-options.js';
import type { RunView } from '../view/run-view.js';
import { assertCanConfirm, assertDestructible, assertNotLoading } from './destruction-guard.js';
import { loadWithPrompts } from './load-with-prompts.js';

/**
 * The configuration of a command that deletes records, and the vaults that it names. Throws a SuperviseError for a vault
 * that may not be deleted from, or that a run is at work on, and where nobody could be asked; warnings are shown.
 */
export async function openDestruction(
  command: Configured & { readonly yes: boolean },
  selection: readonly string[] | undefined,
  view: RunView,
): Promise<LoadedConfiguration & { readonly vaults: readonly VaultSettings[] }> {
  const loaded = await loadWithPrompts({ ...settingsRequest(command), selection, readsSource: false });
  const { configuration, warnings } = loaded;
  const { selected: vaults } = selectVaults(configuration.skyflow.vaults, selection);
  assertDestructible(vaults);
  assertCanConfirm(command);
  await assertNotLoading(vaults, configuration);
  for (const warning of warnings) view.notice('warn', warning);
  return { ...loaded, vaults };
}
