import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ErrorCode } from '../../src/errors/supervise-error.js';
import type { VaultStatus } from '../../src/protocol/messages.js';
import type { RunRecord } from '../../src/run-record/run-record.js';
import { isUnfinished } from '../../src/status/exit-status.js';
import { settingFlags } from '../command-line/flag.js';
import { commandLine } from './command-words.js';
import { hasBegunVault, type KnownRun } from './known-runs.js';

/** How a vault ended, as far as it matters to what comes next. */
interface EndedVault {
  readonly name: string;
  readonly status: VaultStatus;
  readonly error?: { readonly code: string } | undefined;
}

/** What is corrected in the configuration, in the files or in the vault, and not by waiting or by another credential. */
const inConfiguration: ReadonlySet<string> = new Set<ErrorCode>(['config', 'source', 'not_found', 'refused']);

/**
 * The command that brings in what a run could not begin, once what kept it from that is corrected: a resume keeps the run's own
 * settings, and would fail again. Undefined where a resume is right: something was sent, or it was not that.
 */
export async function commandAnew(
  run: Pick<KnownRun, 'directory' | 'record'>,
  vaults: readonly EndedVault[],
): Promise<string | undefined> {
  const { record } = run;
  if (record.in_store === true || record.error_logs !== undefined) return undefined;
  const open = vaults.filter(({ status }) => isUnfinished(status));
  if (open.length === 0 || !open.every(({ error }) => inConfiguration.has(error?.code ?? '')))
    return undefined;
  for (const { name } of open) if (await hasBegunVault(run, name)) return undefined;
  const isAll = open.length === record.vaults.length && !namesVaults(record);
  return commandLine('load', ...(isAll ? [] : ['--vault', namesOf(open)]), ...flagsOf(record));
}

/** The configuration that a run was begun with, where it is another one than is taken here. */
export function configurationOf({ config_file: file }: RunRecord): string[] {
  return file === undefined || file === resolve('config.json') || !existsSync(file) ? [] : ['--config', file];
}

const namesOf = (vaults: readonly { readonly name: string }[]): string =>
  vaults.map(({ name }) => name).join(',');

/** Whether it was for some of the vaults that are configured. */
function namesVaults({ sessions, vaults }: RunRecord): boolean {
  const names = Object.keys(sessions[0]?.settings ?? {}).filter((key) =>
    /^skyflow\.vaults\[\d+\]\.name$/.test(key),
  );
  return names.length !== vaults.length;
}

/** What its first command was given besides, as it is recorded; secrets are not. */
function flagsOf(record: RunRecord): string[] {
  const given = record.sessions[0]?.settings ?? {};
  const words = [...settingFlags].flatMap(([key, { name, secret, placeholder }]) => {
    const setting = given[key];
    if (setting === undefined || !('value' in setting) || secret === true) return [];
    if (!setting.origin.startsWith('flag ')) return [];
    const text = String(setting.value);
    if (placeholder === undefined) return [text === 'true' ? name : `${name}=${text}`];
    return [name, text];
  });
  return [
    ...configurationOf(record),
    ...words,
    ...(record.precount ? [] : ['--no-precount']),
    ...(record.new_run === true ? ['--new-run'] : []),
  ];
}
