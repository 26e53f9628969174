import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { loadSettings } from '../../src/config/load-configuration.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { productVersion } from '../../src/product/product.js';
import { runDirectoryAt } from '../../src/run-record/run-directory.js';
import type { RunRow, SharedStore } from '../../src/store/shared-store.js';
import { kindOf } from '../../src/source/source-kinds.js';
import { placePieces } from '../../src/source/fingerprints/piece-file.js';
import { openStateFolder } from '../../src/trust/state-folder.js';
import { proxies } from '../../src/vault/proxy-choice.js';
import type { Asker } from '../ask/asker.js';
import { loadWithPrompts } from '../ask/load-with-prompts.js';
import type { Configured } from '../command-line/shared-options.js';
import { planJobs, planProcesses } from '../run/plan-jobs.js';
import type { PreparedRun } from './shard-lanes.js';
import type { VaultJob } from '../../src/protocol/messages.js';

/** Nobody stands beside a worker. */
const nobody: Asker = {
  canAsk: () => false,
  text: () => Promise.resolve(undefined),
  secret: () => Promise.resolve(undefined),
};

/**
 * What a worker needs to work on a run of the store: its settings, with this machine's credentials and files. Where
 * data goes and what is read is said by this machine's own configuration; a run that goes elsewhere, or reads otherwise,
 * is a `config` error. What was seen of the files when they were cut is put into a folder of this user.
 */
export async function prepareRun(
  runId: string,
  runs: SharedStore['runs'],
  { config, settings: flags }: Configured,
): Promise<PreparedRun> {
  const row = await runs.run(runId);
  if (row === undefined) throw new SuperviseError('config', `the store holds no run ${runId}`);
  assertSameVersion(row);
  const { record } = row;
  const own = { file: config.file, fileWasNamed: config.wasNamed, environment: process.env, flags };
  const { settings: today } = loadSettings(own);
  const loaded = await loadWithPrompts(
    { ...own, recorded: record.sessions.at(-1)?.settings, workingDirectory: record.working_directory },
    nobody,
  );
  const { origins } = loaded;
  const names = new Map<string, string>();
  const vaults = record.vaults.map(({ name }) => {
    const recorded = loaded.configuration.skyflow.vaults.find((vault) => vault.name === name);
    const here = today.skyflow.vaults.find((vault) => vault.name === name && vault.id === recorded?.id);
    if (recorded === undefined || here === undefined) {
      throw new SuperviseError('config', `vault ${name} of run ${runId} is not configured here`, {
        hint: 'A worker loads only into vaults that its own configuration names, by name and id.',
      });
    }
    const planOf = (vault: typeof here): unknown =>
      kindOf(loaded.configuration).plan(vault, loaded.configuration, {
        ...{ precount: false, checkConflicts: false, proxy: proxies(process.env) },
      });
    const difference = compare(planOf(recorded), planOf(here), '', names);
    if (difference === undefined)
      return { ...recorded, ...here, table: recorded.table, column: recorded.column };
    throw new SuperviseError(
      'config',
      `vault ${name}: its source is configured otherwise here: ${difference}`,
      {
        hint: 'Give every worker the configuration of the run; only places of files may differ.',
      },
    );
  });
  const configuration = { ...loaded.configuration, skyflow: { ...loaded.configuration.skyflow, vaults } };
  const directory = runDirectoryAt(join(openStateFolder(process.env), 'work'), runId);
  await mkdir(directory.path, { recursive: true, mode: 0o700 });
  if (row.fingerprint_key !== null)
    await openRunStore(directory.path).keepFingerprintKey(row.fingerprint_key);
  for (const { name: vaultName } of vaults) {
    const { pieces = null } = (await runs.plan(runId, vaultName)) ?? {};
    if (pieces === null) continue;
    await placePieces(directory.path, { runId, vaultName }, pieces, (name) => nameHere(name, names));
  }
  const jobs = planJobs({
    configuration,
    origins,
    vaults,
    directory,
    startedAt: new Date(record.started_at),
    precount: false,
    suffixUnixSeconds: record.suffix_unix_seconds,
    environment: process.env,
  });
  return {
    jobs: new Map(jobs.map((job) => [job.vault.name, asShardJob(job, row.recipient ?? undefined)])),
    ...planProcesses(configuration),
    directory: directory.path,
  };
}

function assertSameVersion({ run, version }: RunRow): void {
  if (version === productVersion) return;
  throw new SuperviseError(
    'protocol',
    `run ${run} is of version ${version}, this worker is ${productVersion}`,
    {
      hint: 'Use one version on all machines while a run lasts.',
    },
  );
}

/** Where two plans of a source differ in anything but the places of files, which are noted; undefined: nowhere. */
function compare(one: unknown, other: unknown, key: string, names: Map<string, string>): string | undefined {
  if (typeof one === 'string' && typeof other === 'string' && isAbsolute(one) && isAbsolute(other)) {
    names.set(one, other);
    return undefined;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other ? undefined : key;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const each of keys) {
    const found = compare(
      valueOf(one, each),
      valueOf(other, each),
      key === '' ? each : `${key}.${each}`,
      names,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function valueOf(from: object, key: string): unknown {
  return Object.entries(from).find(([name]) => name === key)?.[1];
}

/** Where a file that the run names is on this machine. */
function nameHere(name: string, names: ReadonlyMap<string, string>): string {
  const exact = names.get(name);
  if (exact !== undefined) return exact;
  for (const [there, here] of names) {
    if (name.startsWith(`${dirname(there)}/`))
      return join(dirname(here), name.slice(dirname(there).length + 1));
  }
  return name;
}

/** The job of a vault for whoever works on a shard of it: what was seen of its source is known, and nothing is in clear. */
export function asShardJob(job: VaultJob, recipient: string | undefined): VaultJob {
  const { errorLogPrivacy: own, ...rest } = job;
  // Compared when the source was cut.
  delete rest.plannedInputs;
  const errorLogPrivacy =
    own ?? (recipient === undefined ? undefined : { kind: 'encrypted' as const, recipient });
  return {
    ...rest,
    ...(errorLogPrivacy === undefined ? {} : { errorLogPrivacy }),
    delivery: {
      ...job.delivery,
      // How many of a vault's rows are meant was decided when it was cut.
      maxRecordsIsDefault: false,
      // Rates, and shares of what failed, are counted over all machines.
      rates: {},
    },
    performance: {
      ...job.performance,
      max_errors: typeof job.performance.max_errors === 'string' ? '100%' : job.performance.max_errors,
    },
  };
}
