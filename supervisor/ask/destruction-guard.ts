import type { Configuration, VaultSettings } from '../../src/config/configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { openRuns } from '../../src/journal/open-run-store.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { openCredential } from '../../src/vault/credential/open-credential.js';
import { connectionSettings } from '../../src/vault/dispatcher.js';
import { wireSettings } from '../../src/vault/choose-wire.js';
import { openStoredRecords } from '../../src/vault/stored-records.js';
import { canAsk } from './prompt.js';
import { askTypedId } from './ask-person.js';
import { lockFolders, planCredential } from '../run/plan-jobs.js';
import { proxies } from '../../src/vault/proxy-choice.js';
import type { LoadedConfiguration } from '../../src/config/load-configuration.js';
import { selectVaults } from '../../src/config/select-vaults.js';
import { settingsRequest } from '../command-line/configured.js';
import type { Configured } from '../command-line/shared-options.js';
import type { Presentation } from '../view/present.js';
import type { RunView } from '../view/run-view.js';
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

/**
 * The same of a vault that test records are inserted into, and deleted again from: told how many, and what it holds, a
 * person has agreed by its id, typed for `what`.
 */
export async function openForTestRecords(
  command: Configured & { readonly vault: string; readonly yes: boolean },
  { view, people }: Pick<Presentation, 'view' | 'people'>,
  { most, what }: { readonly most: number; readonly what: (name: string) => string },
): Promise<Awaited<ReturnType<typeof openDestruction>>> {
  const opened = await openDestruction(command, [command.vault], view);
  const { configuration, vaults } = opened;
  for (const vault of vaults) {
    const held = describeCount(await countRecords(vault, configuration));
    people(
      `Up to ${formatCount(most)} test records are inserted, and deleted again, in\n` +
        `  ${configuration.skyflow.vault_url}\n  ${vault.name}  ${vault.id}, table ${vault.table}: ${held}\n\n`,
    );
  }
  const question = ({ name, id }: VaultSettings): string => `Type ${id} to ${what(name)}:`;
  await confirmByTypedIds(vaults, { yes: command.yes, question });
  return opened;
}

/** Throws `config` unless every one of these vaults may be deleted from: nothing has been sent then. */
export function assertDestructible(vaults: readonly VaultSettings[]): void {
  const kept = vaults.filter(({ allow_destructive: allowed }) => !allowed).map(({ name }) => name);
  if (kept.length === 0) return;
  throw new SuperviseError('config', `records of ${kept.join(', ')} may not be deleted; nothing was sent`, {
    hint: 'Only for vaults whose records may be lost: set "allow_destructive": true for the vault in the configuration file.',
  });
}

/** Throws `locked` when a run holds one of these vaults. */
export async function assertNotLoading(
  vaults: readonly VaultSettings[],
  { skyflow, run_dir }: Configuration,
): Promise<void> {
  const runs = openRuns(run_dir);
  const folders = lockFolders(process.env);
  for (const { name, id, table } of vaults) {
    const target = { vaultUrl: skyflow.vault_url, vaultId: id, table };
    const describe = `vault ${name} (${id}, table ${table})`;
    const lock = await runs.lockTarget(target, folders, { waitMs: 0, describe });
    await lock.release();
  }
}

/** How many records a vault's table holds; undefined where it does not say. */
export async function countRecords(
  { id, table, column }: VaultSettings,
  configuration: Configuration,
): Promise<number | undefined> {
  const { skyflow } = configuration;
  const settings = connectionSettings(configuration, proxies(process.env));
  const records = await openStoredRecords({
    ...settings,
    vaultUrl: skyflow.vault_url,
    vaultId: id,
    table,
    column,
    credential: openCredential(planCredential(configuration), settings, { requestTimeoutMs: countTimeoutMs }),
    ...wireSettings(skyflow),
    byot: skyflow.byot,
    connections: 1,
    requestTimeoutMs: countTimeoutMs,
  });
  try {
    const answer = await records.count({ signal: AbortSignal.timeout(countTimeoutMs) });
    return answer.kind === 'done' ? answer.value : undefined;
  } catch {
    return undefined;
  } finally {
    await records.close();
  }
}

const countTimeoutMs = 10_000;

/** Throws `usage` where a question is needed and nobody can be asked. */
export function assertCanConfirm({
  yes,
  instead = '--yes',
}: {
  readonly yes: boolean;
  /** What may be said instead of an answer. */
  readonly instead?: string;
}): void {
  if (yes || canAsk()) return;
  throw new SuperviseError('usage', 'records would be deleted, and nobody can be asked; nothing was sent', {
    hint: `Say ${instead} to do it without a question.`,
  });
}

/** Asks for the id of every vault, typed out. With `--yes` nobody is asked. */
export async function confirmByTypedIds(
  vaults: readonly VaultSettings[],
  options: { readonly yes: boolean; readonly question: (vault: VaultSettings) => string },
): Promise<void> {
  if (options.yes) return;
  for (const vault of vaults) await askTypedId(options.question(vault), vault.id);
}

/** A number of records that may not be known. */
export function describeCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return 'an unknown number of records';
  return `${formatCount(count)} ${count === 1 ? 'record' : 'records'}`;
}
