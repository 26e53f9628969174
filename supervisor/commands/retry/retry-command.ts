import { resolve } from 'node:path';
import type { Configuration, Origins } from '../../../src/config/configuration.js';
import type { LoadedConfiguration } from '../../../src/config/load-configuration.js';
import { redactConfiguration, type RecordedSettings } from '../../../src/config/redact-configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { createRunDirectory } from '../../../src/run-record/run-directory.js';
import { newRunId } from '../../../src/run-record/run-id.js';
import { usualSource } from '../../../src/source/source-settings.js';
import { analyseErrorLog, type ErrorLogAnalysis } from '../../../src/source/error-log/analyse-error-log.js';
import { logsOf, pathsOf } from '../../../src/source/error-log/error-log-settings.js';
import { bringFromStore } from '../../cluster/fetch-run.js';
import { canAsk } from '../../ask/prompt.js';
import { loadWithPrompts } from '../../ask/load-with-prompts.js';
import type { RetryCommand } from './definition.js';
import { newFingerprintKey, newRunRecord } from '../../run/new-run-record.js';
import { planJobs, planProcesses } from '../../run/plan-jobs.js';
import { prepareErrorLogs } from '../../run/prepare-error-logs.js';
import { runSession } from '../../run/run-session.js';
import { assertOpenFiles } from '../../process/open-files.js';
import { present, tellEnd, type Presentation } from '../../view/present.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import { chooseLogs, recordLogs, type ChosenLogs, type ChosenErrors } from './choose-logs.js';
import { findLogs } from './find-logs.js';
import { writeMissingLog } from './find-logs.js';
import { planRetry, type VaultRetry } from './plan-retry.js';
import { readableFiles } from './plan-origins.js';
import { configuredKeys } from '../../secrets/configured-keys.js';
import { proveReadable, type OriginsByVault } from './prove-readable.js';
import { refuseTokenChange } from './refuse-token-change.js';
import { renderAnalysis } from './render-analysis.js';
import { recipientOfFile } from '../../../src/privacy/identity-file.js';

/**
 * `retry [RUN|FILE…]`: sends the records of error logs again, after showing what they hold and asking. It is a run of its
 * own, with its own journals and error logs: it can be interrupted and resumed, and what fails again can be retried
 * from there. Values and tokens travel as the logs hold them, which is as they were sent.
 */
export async function retryCommand(command: RetryCommand): Promise<number> {
  const presentation = present(command);
  const loaded = await configure(command);
  const { configuration, warnings } = loaded;
  warnings.push(...(await prepareErrorLogs(configuration)));
  for (const word of command.files) await bringFromStore(configuration, word);
  const logs: ErrorLogAnalysis[] = [];
  const files = command.missing
    ? [await writeMissingLog(command.files, configuration, new Date())]
    : await findLogs(command.files, configuration.run_dir);
  for (const file of files) logs.push(await analyseErrorLog(file));
  const commandFlags = command.config.wasNamed ? ['--config', command.config.file] : [];
  const choice = await chooseLogs({
    logs,
    vaults: configuration.skyflow.vaults,
    runsDirectory: configuration.run_dir,
    newRun: command.newRun,
    commandFlags,
  });
  const plans = planRetry(choice.chosen, configuration);
  const { upsert, in_doubt: inDoubt } = configuration.skyflow;
  presentation.people(
    renderAnalysis({
      ...presentation.screen,
      ...{ logs, plans, leftOut: choice.leftOut, upsert, inDoubt, now: new Date() },
    }),
  );
  if (plans.length === 0) {
    return endWithout(presentation, 'complete', 'nothing to do: no record is left to be sent again');
  }
  await refuseTokenChange(choice.chosen, configuration);
  const kept = await keepPrivate(loaded, choice.chosen);
  const rowOrigins = await proveReadable(
    choice.chosen
      .filter(({ errors }) => errors.withheld.encrypted + errors.withheld.redacted > 0)
      .map(({ log, vault }) => ({ file: log.file, vaults: [vault] })),
    configuredKeys(configuration),
    readableFiles(configuration, configuration.run_dir),
  );
  const readAgain = filesOf(rowOrigins);
  if (readAgain.length > 0) {
    presentation.people(`Rows are read again from:\n${readAgain.map((file) => `  ${file}\n`).join('')}`);
  }
  if (!command.yes && !(await ask())) return endWithout(presentation, 'not_started', 'nothing was sent');
  for (const warning of warnings) presentation.view.notice('warn', warning);
  return send({ ...kept, rowOrigins, choice, plans, command, presentation, commandFlags });
}

/** The input files of redacted records, as a person may see them. */
function filesOf(origins: OriginsByVault): string[] {
  const first = [...origins.values()].flat().filter((origin) => logsOf(origin).length === 0);
  const files = first.flatMap(({ source }) => pathsOf(source));
  return [...new Set(files)].map((file) => singleLine(file, longestPath));
}

const longestPath = 4_096;

/** The configuration without what has no meaning here: a limit, a suffix, and another source with its credentials. */
async function configure(
  command: RetryCommand,
): Promise<Omit<LoadedConfiguration, 'warnings'> & { warnings: string[] }> {
  const fixed = {
    source: usualSource,
    'performance.max_records': '0',
    'performance.append_suffix': 'false',
  };
  const loaded = await loadWithPrompts({
    file: command.config.file,
    fileWasNamed: command.config.wasNamed,
    environment: process.env,
    flags: { ...command.settings, ...fixed },
  });
  const origins: Record<string, string> = { ...loaded.origins };
  for (const key of Object.keys(fixed)) origins[key] = 'retry';
  return { ...loaded, warnings: [...loaded.warnings], origins };
}

async function ask(): Promise<boolean> {
  if (canAsk()) return askToProceed();
  throw new SuperviseError('usage', 'retry asks before it sends, and there is no terminal to ask on', {
    hint: 'Say --yes if the plan above is right.',
  });
}

/** The end of a command that had nothing to send, or was told not to: nothing was begun. */
function endWithout(presentation: Presentation, status: 'complete' | 'not_started', message: string): number {
  const exitCode = 0;
  presentation.people(`${message}\n`);
  return tellEnd(presentation, status, exitCode, {
    message,
  });
}

async function send(retry: {
  readonly configuration: Configuration;
  readonly origins: Origins;
  readonly rowOrigins: OriginsByVault;
  readonly choice: ChosenLogs;
  readonly plans: readonly VaultRetry[];
  readonly command: RetryCommand;
  readonly presentation: Presentation;
  readonly commandFlags: readonly string[];
}): Promise<number> {
  const { configuration, origins, plans, command, presentation } = retry;
  assertOpenFiles({ children: plans.length, concurrency: configuration.performance.max_concurrency });
  const startedAt = new Date();
  const fingerprintKey = await newFingerprintKey(process.env);
  const directory = await createRunDirectory(configuration.run_dir, newRunId(startedAt));
  const errorLogs = recordLogs(retry.choice.chosen, Fingerprints.of(fingerprintKey));
  const vaults = plans.map(({ vault }) => vault);
  const records = plans.reduce((sum, plan) => sum + plan.records, 0);
  const jobs = planJobs({
    configuration,
    origins,
    vaults,
    directory,
    startedAt,
    precount: true,
    suffixUnixSeconds: undefined,
    environment: process.env,
    errorLogs,
    rowOrigins: retry.rowOrigins,
  });
  const settings = recordSettings(configuration, origins);
  const begin = { directory, startedAt, configuration, fingerprintKey, command: 'retry', settings } as const;
  const summary = await runSession({
    directory,
    fingerprintKey,
    record: await newRunRecord(begin, {
      config_file: resolve(command.config.file),
      precount: true,
      vaults: vaults.map(({ name, id, table, column }) => ({ name, id, table, column })),
      error_logs: errorLogs,
    }),
    jobs,
    presentation,
    settings: configuration,
    ...planProcesses(configuration),
    remarks: [
      `retry: ${formatCount(records)} records of ${formatCount(errorLogs.length)} error log${errorLogs.length === 1 ? '' : 's'} were sent again`,
    ],
    commandFlags: retry.commandFlags,
    tell: (ended) => {
      presentation.document(ended);
    },
  });
  return summary.exit_code;
}

/** The source of a retry is in the run's `error_logs`; the configured one says nothing about it. */
function recordSettings(configuration: Configuration, origins: Origins): RecordedSettings {
  const recorded = redactConfiguration(configuration, origins);
  return Object.fromEntries(Object.entries(recorded).filter(([key]) => key !== 'source'));
}

type Configured = Pick<LoadedConfiguration, 'configuration' | 'origins'>;

/**
 * What a log keeps from its readers, the log of its retry keeps from them too: where the configuration asks for
 * nothing else, records that were encrypted are encrypted to the identity that opens them, and redacted ones are redacted.
 */
async function keepPrivate(
  { configuration, origins }: Configured,
  chosen: readonly ChosenErrors[],
): Promise<Configured> {
  const { error_log: log } = configuration;
  const isEncrypted = chosen.some(({ errors }) => errors.withheld.encrypted > 0);
  const isRedacted = chosen.some(({ errors }) => errors.withheld.redacted > 0);
  if (log.encrypt_to !== undefined || log.redact) return { configuration, origins };
  if (isRedacted) return withErrorLog({ configuration, origins }, { redact: true });
  const { identityFile } = configuredKeys(configuration);
  if (!isEncrypted || identityFile === undefined) return { configuration, origins };
  return withErrorLog({ configuration, origins }, { encrypt_to: await recipientOfFile(identityFile) });
}

function withErrorLog(
  { configuration, origins }: Configured,
  settings: Partial<Configuration['error_log']>,
): Configured {
  const added = Object.keys(settings).map((key) => [`error_log.${key}`, 'retry'] as const);
  return {
    configuration: { ...configuration, error_log: { ...configuration.error_log, ...settings } },
    origins: { ...origins, ...Object.fromEntries<string>(added) },
  };
}
