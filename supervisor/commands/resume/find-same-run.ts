import { stat } from 'node:fs/promises';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import type { Settings, VaultSettings } from '../../../src/config/configuration.js';
import { selectVaults } from '../../../src/config/select-vaults.js';
import type { RunRecord } from '../../../src/run-record/run-record.js';
import type { InputIdentity } from '../../../src/source/record-source.js';
import type { LoadCommand } from '../load/definition.js';
import type { SliceSettings } from '../../../src/source/source-kind.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { clearedSince, targetIn, workedAt } from '../../history/earlier-loads.js';
import {
  fingerprintsOf,
  findRuns,
  isUnfinishedRun,
  ledgerOf,
  recordedSlice,
  type KnownRun,
} from '../../history/known-runs.js';
import { isSameTable, mayBeSameTable, targetOf } from '../../history/load-target.js';
import { findSharing } from '../../history/shared-content.js';
import { settingsOf } from '../../command-line/configured.js';

/**
 * The newest run that has loaded, or has begun to load, what this command asks for: the same vaults from the same
 * inputs; an unfinished one also of vaults at another address, which the resume then asks about. A finished run whose files have another content by now is another load; so is one whose tables were
 * cleared, or partly. Undefined when there is none.
 */
export async function findSameRun(command: LoadCommand): Promise<KnownRun | undefined> {
  const settings = settingsOf(command);
  const { selected, problems } = selectVaults(settings.skyflow.vaults, command.vaults);
  if (problems.length > 0) throw new ConfigurationError(problems);
  for (const run of (await findRuns(settings.run_dir)).reverse()) {
    const { record } = run;
    if (record.error_logs !== undefined || !hasSameVaults(record, selected, settings)) continue;
    if (await wasCleared(record, settings)) continue;
    if (!isSameSlice(recordedSlice(record), settings.performance)) continue;
    if (await hasSameInputs(run, selected, settings)) return run;
  }
  return undefined;
}

function hasSameVaults(
  record: RunRecord,
  selected: readonly VaultSettings[],
  { skyflow }: Settings,
): boolean {
  const wanted = selected.map((vault) => targetOf(vault, skyflow.vault_url));
  const had = record.vaults.map((vault) => targetIn(record, vault));
  const isSame = isUnfinishedRun(record) ? mayBeSameTable : isSameTable;
  return had.length === wanted.length && had.every((one) => wanted.some((other) => isSame(one, other)));
}

function isSameSlice(one: SliceSettings, other: SliceSettings): boolean {
  return (one.start_record ?? 0) === (other.start_record ?? 0) && one.end_record === other.end_record;
}

async function wasCleared(record: RunRecord, { run_dir: runsDirectory }: Settings): Promise<boolean> {
  for (const vault of record.vaults) {
    if ((await clearedSince(runsDirectory, targetIn(record, vault), workedAt(record))) !== undefined)
      return true;
  }
  return false;
}

async function hasSameInputs(
  run: KnownRun,
  selected: readonly VaultSettings[],
  settings: Settings,
): Promise<boolean> {
  const isFinished = !isUnfinishedRun(run.record);
  let known = 0;
  for (const vault of selected) {
    const recorded = run.record.vaults.find(({ id, table }) => id === vault.id && table === vault.table);
    const query = kindOf(settings).query(vault, settings);
    if (query !== undefined) {
      if (recorded?.sql !== query) return false;
      known += 1;
      continue;
    }
    const inputs = recorded && (await ledgerOf(run, recorded.name))?.inputs?.inputs;
    // A vault that was never begun has no inputs: the others decide.
    if (inputs === undefined) continue;
    const files = kindOf(settings).files(vault);
    if (!inputs.every(({ name }) => files.includes(name))) return false;
    // Where it is unfinished, the resume looks at the content itself.
    if (isFinished && !(await areUnchanged(inputs, run))) return false;
    known += 1;
  }
  return known > 0;
}

/** Time and size tell it without reading; a file that was only touched or restored is read, and is the same. */
async function areUnchanged(inputs: readonly InputIdentity[], run: KnownRun): Promise<boolean> {
  const fingerprints = await fingerprintsOf(run);
  for (const input of inputs) {
    const { name, sizeBytes, modifiedAt } = input;
    const now = await stat(name).catch(() => undefined);
    if (now === undefined || (sizeBytes !== undefined && now.size !== sizeBytes)) return false;
    if (modifiedAt === undefined || now.mtime.toISOString() === modifiedAt) continue;
    if ((await findSharing(name, [{ inputs: [input], fingerprints }])).get(input) !== 'same') return false;
  }
  return true;
}
