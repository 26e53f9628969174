import { dirname } from 'node:path';
import type { Configuration, VaultSettings, Settings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import type { ResumeCommand } from './definition.js';
import { commandLine, loadWords, type GivenFlags } from '../../history/command-words.js';
import { deletedSince } from '../../history/failed-records.js';
import { hasBegunVault, type KnownRun } from '../../history/known-runs.js';
import { targetOf } from '../../history/load-target.js';
import {
  describeShared,
  findSharedLoads,
  intendedLoad,
  mayLoadAgain,
  partlyCleared,
  refusal,
  type SharedLoad,
} from '../../history/refuse-second-load.js';
import { kindOf } from '../../../src/source/source-kinds.js';

/**
 * The vaults of a run that a resume may go on with. One that the run never began, and whose input another run has
 * loaded, is left out: it would be inserted twice. Throws `usage` when none is left, and when the table of a vault
 * was cleared after the run had put records into it: what is settled counts as loaded, and is gone.
 */
export async function vaultsToGoOnWith(
  run: KnownRun,
  configuration: Configuration,
  command: ResumeCommand,
): Promise<{ readonly vaults: readonly VaultSettings[]; readonly leftOut: readonly string[] }> {
  const { record } = run;
  const names = new Set(record.vaults.map(({ name }) => name));
  const vaults = configuration.skyflow.vaults.filter(({ name }) => names.has(name));
  if (record.error_logs !== undefined) return { vaults, leftOut: [] };
  const settings = { ...configuration, run_dir: dirname(run.directory.path) };
  const left: VaultSettings[] = [];
  const shared: SharedLoad[] = [];
  const remarks: string[] = [];
  for (const vault of vaults) {
    if (await hasBegunVault(run, vault.name)) {
      const target = targetOf(vault, configuration.skyflow.vault_url);
      const deletion = await deletedSince(run, vault.name, target);
      if (deletion === 'cleared') throw cleared(run, vault, command);
      if (deletion === 'undone') throw undone(run, vault, command);
      if (deletion === 'partly cleared')
        remarks.push(`vault ${vault.name}: ${partlyCleared}: what is missing at the end, \`verify\` says`);
      left.push(vault);
      continue;
    }
    const isAskedFor = record.new_run === true || mayLoadAgain(settings);
    const found = isAskedFor
      ? []
      : await findSharedLoads(settings, [intendedLoad(vault, settings)], { but: record.run_id });
    if (found.length === 0) left.push(vault);
    else shared.push(...found);
  }
  const [first, ...more] = shared;
  if (left.length === 0 && first !== undefined) {
    throw refusal([first, ...more], settings, { given: givenFlags(command), selected: [] });
  }
  return { vaults: left, leftOut: [...remarks, ...shared.map((one) => `left out: ${describeShared(one)}`)] };
}

function cleared({ record }: KnownRun, { name }: VaultSettings, command: ResumeCommand): SuperviseError {
  const again = commandLine(...loadWords(givenFlags(command), { vaults: [name] }));
  return new SuperviseError(
    'usage',
    `vault ${name}: its table was cleared after the run ${record.run_id} had put records into it`,
    { hint: `They would be missing at the end. Load them anew: ${again}` },
  );
}

function undone({ record }: KnownRun, { name }: VaultSettings, command: ResumeCommand): SuperviseError {
  const again = commandLine(...loadWords(givenFlags(command), { vaults: [name] }));
  return new SuperviseError(
    'usage',
    `vault ${name}: records of the run ${record.run_id} were deleted again by \`undo\``,
    { hint: `They would be missing at the end. Bring the undo to its end, then load anew: ${again}` },
  );
}

/** What a resume was given, as a load would be. */
export function givenFlags({ config, settings }: ResumeCommand): GivenFlags {
  return { config, settings, vaults: undefined, precount: true, maxParallelVaults: undefined };
}

/**
 * A run's configuration with today's places for inputs that are not where the run read them any more: what they hold
 * is compared before a row of them is sent.
 */
export function withMovedInputs(
  configuration: Configuration,
  today: Settings,
): { readonly configuration: Configuration; readonly notices: readonly string[] } {
  const moved = configuration.skyflow.vaults.map((vault) => {
    const now = today.skyflow.vaults.find(({ name, id }) => name === vault.name && id === vault.id);
    return (now && kindOf(configuration).moved?.(vault, now)) ?? { vault, notices: [] };
  });
  const vaults = moved.map(({ vault }) => vault);
  const notices = moved.flatMap((one) => one.notices);
  return { configuration: { ...configuration, skyflow: { ...configuration.skyflow, vaults } }, notices };
}
