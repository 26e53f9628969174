import { dirname, resolve } from 'node:path';
import type { Settings } from '../../../src/config/configuration.js';
import { loadSettings } from '../../../src/config/load-configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { withholding } from '../../../src/error-log/error-log-entry.js';
import { readErrorLog } from '../../../src/error-log/read-error-log.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import {
  logsOf,
  pathsOf,
  planLogs,
  runOriginSchema,
  type RunOrigin,
  isOf,
  type WantedVault,
} from '../../../src/source/error-log/error-log-settings.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { assertPrivateRun } from '../../../src/trust/open-private.js';
import type { KnownRun } from '../../history/known-runs.js';
import { findWriter } from './earlier-runs.js';

/** More than any chain of retries that people make. */
const maxRuns = 1_000;

/** What a log that somebody handed over may lead to. */
export interface ReadableFiles {
  readonly runsDirectory: string;
  /** Absolute paths of the input files that are configured today. */
  readonly configured: ReadonlySet<string>;
}

/** Where the runs of this configuration are, and which files it reads. */
export function readableFiles(
  settings: Pick<Settings, 'skyflow' | 'source'>,
  runsDirectory: string,
): ReadableFiles {
  const files = settings.skyflow.vaults.flatMap((vault) => kindOf(settings).files(vault));
  return { runsDirectory: resolve(runsDirectory), configured: new Set(files) };
}

/**
 * Where the runs that wrote redacted records of a vault had them from, as their records say it; through retries back
 * to the files. A run directory that came along with the log leads to configured files only. Throws `config` when a run
 * is not there any more, its source cannot be read by position, or it leads elsewhere.
 */
export async function planOrigins(
  vault: WantedVault,
  files: readonly string[],
  readable: ReadableFiles,
): Promise<RunOrigin[]> {
  const origins = new Map<string, RunOrigin>();
  const add = async (file: string): Promise<void> => {
    for (const run of await redactedRuns(vault, file)) {
      if (origins.has(run)) continue;
      if (origins.size >= maxRuns)
        throw new SuperviseError('storage', `${file} leads back to more than ${maxRuns} runs`);
      const origin = await planOrigin(vault, file, run, readable);
      origins.set(run, origin);
      for (const { path } of logsOf(origin)) await add(path);
    }
  };
  for (const file of files) await add(file);
  return [...origins.values()];
}

async function redactedRuns(vault: WantedVault, file: string): Promise<Set<string>> {
  const runs = new Set<string>();
  for await (const { raw, vault: logged } of (await readErrorLog(file)).rawEntries) {
    if (withholding(raw) !== 'redacted' || !isOf(vault, logged)) continue;
    runs.add(raw.run ?? '');
    if (runs.size > maxRuns) break;
  }
  return runs;
}

async function planOrigin(
  vault: WantedVault,
  file: string,
  run: string,
  readable: ReadableFiles,
): Promise<RunOrigin> {
  const { runsDirectory } = readable;
  const refuse = (why: string, hint: string): SuperviseError =>
    new SuperviseError('config', `the records of ${file} are redacted, and ${why}`, { hint });
  const writer = await findWriter({ file, run }, runsDirectory);
  const recorded = writer?.record.vaults.find((one) => isOf(vault, one));
  const ledger = writer && recorded && (await openRunStore(writer.directory.path).readLedger(recorded.name));
  if (writer === undefined || recorded === undefined || ledger?.inputs === undefined) {
    throw refuse(
      `the run ${run}, which knows where they came from, is not beside it and not in ${runsDirectory}`,
      'Retry it where its run directory stands, or name the directory of the runs with --run-dir.',
    );
  }
  const source = planSource(writer, recorded.name);
  if (source === undefined) {
    throw refuse(
      `the run ${run} read Snowflake, whose rows cannot be asked for by position again`,
      'Load those rows anew; for Snowflake, --encrypt-errors keeps records out of sight and lets them be retried.',
    );
  }
  const forbidden = await findForbidden(writer, source, readable);
  if (forbidden !== undefined) {
    throw refuse(
      `the run ${run} beside it would have ${forbidden} read, which is neither configured nor of a run in ${runsDirectory}`,
      'If the run is one of yours, name the directory of its runs with --run-dir, or configure the file.',
    );
  }
  const { suffix_unix_seconds: suffixUnixSeconds } = writer.record;
  const fingerprintKey = await openRunStore(writer.directory.path).fingerprintKey();
  const { name, id, table } = recorded;
  return {
    run,
    vault: { name, id, table },
    source,
    inputs: ledger.inputs.inputs,
    ...(fingerprintKey === undefined ? {} : { fingerprintKey }),
    ...(suffixUnixSeconds === undefined ? {} : { suffixUnixSeconds }),
  };
}

/** A file that a run leads to and that is not to be read for it. */
async function findForbidden(
  writer: KnownRun,
  source: RunOrigin['source'],
  { runsDirectory, configured }: ReadableFiles,
): Promise<string | undefined> {
  await assertPrivateRun(writer.directory.path);
  if (dirname(writer.directory.path) === runsDirectory) return undefined;
  return pathsOf(source).find(
    (file) => !configured.has(file) && dirname(dirname(resolve(file))) !== runsDirectory,
  );
}

function planSource({ record }: KnownRun, vaultName: string): RunOrigin['source'] | undefined {
  if (record.error_logs !== undefined) return planLogs(record.error_logs, vaultName);
  const { settings } = loadSettings({
    environment: {},
    recorded: record.sessions.at(-1)?.settings ?? {},
    workingDirectory: record.working_directory,
  });
  const vault = settings.skyflow.vaults.find(({ name }) => name === vaultName);
  const kind = kindOf(settings);
  if (vault === undefined || !kind.readsAgain) return undefined;
  const wishes = { precount: record.precount, checkConflicts: false, proxy: {} };
  return runOriginSchema.shape.source.parse(kind.plan(vault, settings, wishes));
}
