import { stat } from 'node:fs/promises';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import { loadSettings } from '../../../src/config/load-configuration.js';
import { selectVaults } from '../../../src/config/select-vaults.js';
import { readLedger } from '../../../src/journal/read-ledger.js';
import { assertOwnRuns } from '../../../src/run/own-runs.js';
import { listRuns, runDirectoryAt, type RunDirectory } from '../../../src/run/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run/run-record.js';
import type { InputIdentity } from '../../../src/source/record-source.js';
import type { LoadCommand } from '../load/definition.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { isUnfinishedRun, type KnownRun } from './unfinished-runs.js';

/**
 * The newest run that has loaded, or has begun to load, what this command asks for: the same vaults from the same
 * inputs. A finished run whose files have changed since is another load. Undefined when there is none.
 */
export async function findSameLoad(command: LoadCommand): Promise<KnownRun | undefined> {
  const { settings } = loadSettings({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: command.settings,
  });
  const { selected, problems } = selectVaults(settings.skyflow.vaults, command.vaults);
  if (problems.length > 0) throw new ConfigurationError(problems);
  await assertOwnRuns(settings.run_dir);
  for (const runId of (await listRuns(settings.run_dir)).reverse()) {
    const directory = runDirectoryAt(settings.run_dir, runId);
    const record = await readRunRecord(directory).catch(() => undefined);
    if (record === undefined || record.error_logs !== undefined) continue;
    if (!hasSameVaults(record, selected)) continue;
    if (await hasSameInputs({ directory, record }, selected, settings)) return { directory, record };
  }
  return undefined;
}

function hasSameVaults({ vaults }: RunRecord, selected: readonly VaultSettings[]): boolean {
  const key = ({ id, table }: { readonly id: string; readonly table: string }): string => `${id} ${table}`;
  const wanted = new Set(selected.map(key));
  return vaults.length === wanted.size && vaults.every((vault) => wanted.has(key(vault)));
}

async function hasSameInputs(
  { directory, record }: KnownRun,
  selected: readonly VaultSettings[],
  settings: Settings,
): Promise<boolean> {
  const isFinished = !isUnfinishedRun(record);
  let known = 0;
  for (const vault of selected) {
    const recorded = record.vaults.find(({ id, table }) => id === vault.id && table === vault.table);
    const query = kindOf(settings).query(vault, settings);
    if (query !== undefined) {
      if (recorded?.sql !== query) return false;
      known += 1;
      continue;
    }
    const inputs = await inputsOf(directory, recorded?.name);
    // A vault that was never begun has no inputs: the others decide.
    if (inputs === undefined) continue;
    const files = [vault.csv.data_file, vault.csv.token_file];
    if (!inputs.every(({ name }) => files.includes(name))) return false;
    if (isFinished && !(await areUnchanged(inputs))) return false;
    known += 1;
  }
  return known > 0;
}

async function inputsOf(
  { path }: RunDirectory,
  vaultName: string | undefined,
): Promise<readonly InputIdentity[] | undefined> {
  return vaultName === undefined ? undefined : (await readLedger(path, vaultName))?.inputs?.inputs;
}

async function areUnchanged(inputs: readonly InputIdentity[]): Promise<boolean> {
  for (const { name, sizeBytes, modifiedAt } of inputs) {
    const now = await stat(name).catch(() => undefined);
    if (now === undefined) return false;
    if (sizeBytes !== undefined && now.size !== sizeBytes) return false;
    if (modifiedAt !== undefined && new Date(now.mtimeMs).toISOString() !== modifiedAt) return false;
  }
  return true;
}
