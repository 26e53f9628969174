import { randomInt } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Configuration, VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { isQuery, withOtherSource } from '../../../src/source/same-inputs.js';
import { assertPrivateRun } from '../../../src/trust/open-private.js';
import { withRunLocked } from '../../history/with-run-locked.js';
import { isUnfinishedExit } from '../../../src/status/exit-status.js';
import { productVersion } from '../../../src/product/product.js';
import { type RunDirectory, findRun, runDirectoryAt } from '../../../src/run-record/run-directory.js';
import { type RunRecord, readRunRecord } from '../../../src/run-record/run-record.js';
import type { Verification } from '../../../src/verification/verification-format.js';
import { loadForRun } from '../../ask/load-with-prompts.js';
import { TokenPrompt } from '../../ask/token-prompt.js';
import { bringFromStore } from '../../cluster/fetch-run.js';
import type { VerifyCommand } from './definition.js';
import { loadedVaults, newestRun } from '../../history/choose-run.js';
import { hasBegun, hasUploaded } from '../../history/known-runs.js';
import { planJobs, planProcesses } from '../../run/plan-jobs.js';
import { RunFailure } from '../../run/run-failure.js';
import { openRunLog } from '../../observers/run-log.js';
import { runJobs } from '../../run/run-jobs.js';
import { tokenRenewal } from '../../secrets/run-secret-command.js';
import { type Presentation, present } from '../../view/present.js';
import { shellWord } from '../../command-line/shell-word.js';
import { buildVerification } from './build-verification.js';
import { relatedRuns } from './related-runs.js';
import { renderVerification } from './render-verification.js';
import { addVerification, readVerifications } from './verification-file.js';
import { settingsOf } from '../../command-line/configured.js';
import { openRuns } from '../../../src/journal/open-run-store.js';

/**
 * `verify [RUN]`: reads a run's records back by token and holds them against its source, one child for each vault.
 * Throws a SuperviseError for what is wrong before the start.
 */
export async function verifyCommand(command: VerifyCommand): Promise<number> {
  const presentation = present(command);
  const directory = await chooseRun(command, presentation);
  await assertPrivateRun(directory.path);
  const record = await readRunRecord(directory);
  await readVerifications(directory);
  const { configuration, origins, warnings } = await loadForRun(command, record);
  for (const warning of warnings) presentation.view.notice('warn', warning);
  const { sample } = command;
  const mode: Verification['mode'] =
    sample === undefined
      ? { kind: 'all' }
      : { kind: 'sample', size: sample.size, seed: sample.seed ?? randomInt(2 ** 32) };
  const meant = withAgainst(
    command,
    record,
    loadedVaults(command.vaults, record, configuration),
    configuration,
  );
  const { against } = command;
  const jobs = planJobs({
    configuration: withOwnToken(meant.configuration, origins),
    origins,
    vaults: meant.vaults,
    directory,
    startedAt: new Date(record.started_at),
    precount: record.precount,
    suffixUnixSeconds: record.suffix_unix_seconds,
    environment: process.env,
    errorLogs: against === undefined ? record.error_logs : undefined,
    task: {
      kind: 'verify',
      anew: command.anew,
      ...(against === undefined ? {} : { against: true }),
      ...(mode.kind === 'sample' ? { sample: { size: mode.size, seed: mode.seed } } : {}),
    },
  });
  const run = { directory, record, configuration, jobs, mode, presentation };
  return withRunLocked(directory, () =>
    verifyLocked(command, run).catch((error: unknown) => {
      throw new RunFailure(error);
    }),
  );
}

async function verifyLocked(
  command: VerifyCommand,
  run: {
    readonly directory: RunDirectory;
    readonly record: RunRecord;
    readonly configuration: Configuration;
    readonly jobs: ReturnType<typeof planJobs>;
    readonly mode: Verification['mode'];
    readonly presentation: Presentation;
  },
): Promise<number> {
  const { directory, configuration, mode, presentation } = run;
  const { view } = presentation;
  const startedAt = new Date();
  // Where reading has a token of its own, the one for inserting does not take its place.
  const isOwn = configuration.skyflow.lookup_bearer_token !== undefined;
  const prompt = new TokenPrompt(view, isOwn ? undefined : tokenRenewal(configuration));
  const log = openRunLog(directory.logFile);
  try {
    log.logger.info({ run: directory.runId, command: 'verify', mode, version: productVersion }, 'begin');
    const supervised = await runJobs({
      jobs: run.jobs,
      view,
      log,
      settings: configuration,
      ...planProcesses(configuration),
      askForToken: (vaultName, message) => prompt.ask(vaultName, message),
    });
    const { against } = command;
    const verification = buildVerification({
      against: against === undefined ? undefined : isQuery(against) ? 'query' : resolve(against),
      othersLoaded: await vaultsLoadedSince(run.record, directory),
      ...run,
      startedAt,
      supervised,
      upsert: configuration.skyflow.upsert,
    });
    const file = await addVerification(directory, verification);
    log.logger.info({ exit_code: verification.exit_code, totals: verification.totals }, 'end');
    const goesOn = mode.kind === 'all' && isUnfinishedExit(verification.exit_code);
    presentation.people(
      renderVerification(verification, presentation.screen, {
        file,
        continueWith: goesOn ? verifyWords(command, directory.path) : undefined,
        related: (await relatedRuns(directory, run.record)).map(({ kind, path }) => ({
          kind,
          command: verifyWords(command, path),
        })),
      }),
    );
    presentation.document(verification);
    return verification.exit_code;
  } finally {
    log.close();
  }
}

async function chooseRun(command: VerifyCommand, presentation: Presentation): Promise<RunDirectory> {
  const settings = settingsOf(command);
  if (command.run !== undefined) {
    await bringFromStore(settings, command.run);
    return findRun(settings.run_dir, command.run);
  }
  // A run that sent nothing, or a retry all of whose records failed again, has nothing to be read back.
  return newestRun(settings.run_dir, presentation, [hasUploaded, hasBegun]);
}

/** The vault as it reads what `--against` names. Throws `usage` for several vaults, and where values were suffixed. */
function withAgainst(
  { against }: VerifyCommand,
  record: RunRecord,
  vaults: readonly VaultSettings[],
  configuration: Configuration,
): { readonly vaults: readonly VaultSettings[]; readonly configuration: Configuration } {
  if (against === undefined) return { vaults, configuration };
  if (record.suffix_unix_seconds !== undefined)
    throw new SuperviseError(
      'usage',
      'this run has loaded every value and token with a suffix: no other source has them',
    );
  const [vault, ...others] = vaults;
  if (vault === undefined || others.length > 0)
    throw new SuperviseError('usage', '--against compares one vault', { hint: 'Name it with --vault NAME.' });
  const other = withOtherSource(vault, configuration, against);
  return { vaults: [other.vault], configuration: other.configuration };
}

/** A token that is given with the command itself is meant, whatever is configured for looking records up. */
function withOwnToken(
  configuration: Configuration,
  origins: Readonly<Record<string, string>>,
): Configuration {
  if (origins['skyflow.bearer_token']?.startsWith('flag ') !== true) return configuration;
  const skyflow = {
    ...configuration.skyflow,
    lookup_bearer_token: undefined,
    lookup_credentials_file: undefined,
  };
  return { ...configuration, skyflow };
}

/** The command that reads the run at this path back, whole. */
function verifyWords({ config, vaults }: VerifyCommand, path: string): string {
  const words = [
    ...['skyflow-supervise', 'verify', path, '--all'],
    ...(vaults === undefined ? [] : ['--vault', vaults.join(',')]),
    ...(config.wasNamed ? ['--config', config.file] : []),
  ];
  return words.map(shellWord).join(' ');
}

/**
 * The vaults of a run, by name, into whose tables runs beside it have loaded since. Retries of failed records are none
 * of these: what they can add is known. Runs that cannot be read count for nothing.
 */
async function vaultsLoadedSince(record: RunRecord, directory: RunDirectory): Promise<Set<string>> {
  const names = new Set<string>();
  const runs = dirname(directory.path);
  for (const runId of await openRuns(runs).ids()) {
    if (runId <= directory.runId) continue;
    const other = await readRunRecord(runDirectoryAt(runs, runId), { edited: true }).catch(() => undefined);
    if (other === undefined || other.error_logs !== undefined) continue;
    for (const { name, id, table } of record.vaults) {
      if (other.vaults.some((vault) => vault.id === id && vault.table === table)) names.add(name);
    }
  }
  return names;
}
