import { readPrivate, assertPrivateRun } from '../../../src/trust/open-private.js';
import { basename, dirname, join, resolve } from 'node:path';
import { redactConfiguration } from '../../../src/config/redact-configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import { runSummarySchema, type RunSummary } from '../../../src/report/summary-format.js';
import { findRun, type RunDirectory } from '../../../src/run-record/run-directory.js';
import type { Settings } from '../../../src/config/configuration.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { beginSession, readRunRecord } from '../../../src/run-record/run-record.js';
import type { ResumeCommand } from './definition.js';
import { loadForRun } from '../../ask/load-with-prompts.js';
import { confirmMoved } from '../../ask/confirm-moved.js';
import { assertStoreFits, localLanes, superviseOver } from '../../cluster/cluster-wish.js';
import { storeUrlOf } from '../../cluster/store-address.js';
import { assertHasStore, bringFromStore } from '../../cluster/fetch-run.js';
import { attendRun } from '../../observers/attend-run.js';
import { describeAuthority, otherAuthority } from '../../run/describe-credential.js';
import { planJobs, planProcesses } from '../../run/plan-jobs.js';
import { prepareErrorLogs } from '../../run/prepare-error-logs.js';
import { runSession } from '../../run/run-session.js';
import type { RunObserver } from '../../observers/run-observer.js';
import { shellWord } from '../../command-line/shell-word.js';
import { assertOpenFiles } from '../../process/open-files.js';
import { present, type Presentation } from '../../view/present.js';
import { readableFiles } from '../retry/plan-origins.js';
import { configuredKeys } from '../../secrets/configured-keys.js';
import { proveReadable } from '../retry/prove-readable.js';
import { findFailedRecords, wayOn, type FailedRecords } from '../../history/failed-records.js';
import { assertSameProtection } from './assert-same-protection.js';
import { describeKept } from './describe-kept.js';
import { withMovedInputs, givenFlags, vaultsToGoOnWith } from './vaults-to-go-on-with.js';
import { chooseRun } from '../../history/choose-run.js';
import {
  findRuns,
  hasBegun,
  hasRowsBeyondLimit,
  isUnfinishedRun,
  recordedLimit,
  type KnownRun,
} from '../../history/known-runs.js';
import { alreadyLoadedHint, findLoadedQueries } from '../../history/refuse-second-load.js';
import { settingsOf } from '../../command-line/configured.js';

/**
 * `resume [RUN]`: goes on with a run where its journals end. The settings are those of the run; flags may change the
 * pace and raise the limit; secrets are given anew. A finished run is said to be finished, and exits as it did.
 */
export async function resumeCommand(
  command: ResumeCommand,
  presentation: Presentation = present(command),
  others: readonly RunObserver[] = [],
): Promise<number> {
  const settings = settingsOf(command);
  await bringFromStore(settings, command.run);
  const url = await storeUrlOf(settings);
  const { directory } = await runToGoOnWith(command, settings.run_dir);
  await assertPrivateRun(directory.path);
  const record = await readRunRecord(directory);
  assertHasStore(record, url);
  const asked = recordedLimit(record);
  const raised = raisedLimit(command, asked);
  if (!isUnfinishedRun(record) && !raised && !command.repair) {
    const summary = withOwnCommands(
      runSummarySchema.parse(JSON.parse(await readPrivate(directory.summaryFile))),
      directory.path,
    );
    const failed = await findFailedRecords({ directory, record });
    presentation.people(describeFinished(summary, failed));
    presentation.document(summary);
    return summary.exit_code;
  }
  const last = record.sessions.at(-1);
  const loaded = await loadForRun(command, record, {
    flags: withAbsoluteKeyFiles(command.settings),
    asker: presentation.asker,
  });
  const { origins, warnings } = loaded;
  const { configuration, notices } =
    record.error_logs === undefined
      ? withMovedInputs(loaded.configuration, settings)
      : { configuration: loaded.configuration, notices: [] };
  const fingerprintKey = await openRunStore(directory.path).fingerprintKey();
  const authority = await describeAuthority(configuration, fingerprintKey);
  if (!command.useCurrentConfig) {
    await confirmMoved(otherAuthority(last ?? {}, authority, origins), presentation.asker);
  }
  const privacyWarnings = await prepareErrorLogs(configuration);
  const rowOrigins =
    record.error_logs === undefined
      ? undefined
      : await proveReadable(
          record.error_logs,
          configuredKeys(configuration),
          readableFiles(settings, dirname(directory.path)),
        );
  const { vaults, leftOut } = await vaultsToGoOnWith({ directory, record }, configuration, command);
  await assertSameProtection({ directory, record }, vaults, configuration);
  const startedAt = new Date();
  const planned = {
    configuration,
    origins,
    vaults,
    directory,
    startedAt: new Date(record.started_at),
    suffixUnixSeconds: record.suffix_unix_seconds,
    environment: process.env,
  };
  const jobs = planJobs({
    ...planned,
    precount: record.precount,
    alreadyLoadedHint:
      record.error_logs === undefined
        ? alreadyLoadedHint(configuration, { ...givenFlags(command), newRun: record.new_run === true })
        : undefined,
    queriesLoaded: await findLoadedQueries(
      configuration,
      vaults.map((vault) => ({ vault, sql: record.vaults.find(({ name }) => name === vault.name)?.sql })),
      { but: record.run_id },
    ),
    errorLogs: record.error_logs,
    rowOrigins,
    repair: command.repair,
  });
  await assertStoreFits(configuration, url);
  const storeOfRun = record.in_store === true ? url : undefined;
  const isInLanes = record.error_logs === undefined && (await hasShards(planned, configuration.store));
  const shardJobs = storeOfRun === undefined && !isInLanes ? [] : planJobs({ ...planned, precount: false });
  const kept = record.error_logs === undefined ? describeKept(loaded.kept, command.config) : [];
  for (const warning of [...warnings, ...kept, ...privacyWarnings, ...notices, ...leftOut])
    presentation.view.notice('warn', warning);
  const remarks = [
    ...(record.error_logs === undefined ? kindOf(configuration).remarks(vaults) : []),
    `resumed: figures are cumulative over the ${record.sessions.length + 1} commands that worked on this run`,
    ...leftOut,
  ];
  assertOpenFiles({
    children: jobs.length * (isInLanes ? localLanes(configuration.store) : 1),
    concurrency: configuration.performance.max_concurrency,
  });
  await using attendance = await attendRun(command, presentation, {
    others,
    web: configuration.web && settings.web,
  });
  const summary = await runSession({
    directory,
    record: {
      ...record,
      sessions: [
        ...record.sessions,
        beginSession({
          command: 'resume',
          startedAt,
          settings: redactConfiguration(configuration, origins),
          ...authority,
        }),
      ],
    },
    jobs,
    ...superviseOver({
      ...{ store: configuration.store, url: storeOfRun, directory, jobs, shardJobs, repair: command.repair },
    }),
    presentation,
    settings: configuration,
    ...planProcesses(configuration),
    remarks,
    schedule: command.schedule,
    observers: attendance.observers,
    survivesHangup: command.offline !== undefined,
    commandFlags: command.config.wasNamed ? ['--config', command.config.file] : [],
    tell: (ended) => {
      presentation.document(ended);
    },
  });
  return summary.exit_code;
}

/** Whether any of the vaults is, or is to be, divided on this machine; a plan that cannot be read is one. */
async function hasShards(
  {
    vaults,
    directory,
  }: { readonly vaults: readonly { readonly name: string }[]; readonly directory: RunDirectory },
  store: Settings['store'],
): Promise<boolean> {
  if (localLanes(store) > 1) return true;
  const runs = openRunStore(directory.path);
  for (const { name } of vaults) {
    const isDivided = await runs.shards(name).then(
      (plan) => plan !== undefined,
      () => true,
    );
    if (isDivided) return true;
  }
  return false;
}

/** What is named now is meant from here, not from where the run began. */
function withAbsoluteKeyFiles(settings: ResumeCommand['settings']): ResumeCommand['settings'] {
  const keys = ['error_log.identity_file', 'error_log.redact_key_file'];
  return Object.fromEntries(
    Object.entries(settings).map(([key, text]) => [
      key,
      keys.includes(key) && text !== '' ? resolve(text) : text,
    ]),
  );
}

/**
 * The named run, or the unfinished one. Runs that never sent anything are none of those where there are others: what
 * kept them from beginning was seen to, and another run begun.
 */
async function runToGoOnWith(command: ResumeCommand, runsDirectory: string): Promise<KnownRun> {
  if (command.run !== undefined) {
    const directory = await findRun(runsDirectory, command.run);
    return { directory, record: await readRunRecord(directory, { edited: true }) };
  }
  const runs = await findRuns(runsDirectory);
  const unfinished = runs.filter(({ record }) => isUnfinishedRun(record));
  const begun: KnownRun[] = [];
  for (const run of unfinished) if (await hasBegun(run)) begun.push(run);
  const limited: KnownRun[] = [];
  for (const run of runs) {
    if (unfinished.includes(run) || wantedLimit(command) <= recordedLimit(run.record)) continue;
    if (await hasRowsBeyondLimit(run)) limited.push(run);
  }
  const fitting = [...begun, ...limited];
  return chooseRun(fitting.length > 0 ? fitting : unfinished.slice(-1), {
    command: 'resume',
    fits: ['is unfinished', 'are unfinished'],
    runsDirectory,
  });
}

/** `--max-records`, in rows; 0 where it is not said. */
function wantedLimit(command: ResumeCommand): number {
  const text = command.settings['performance.max_records'];
  if (text === undefined) return 0;
  return Number(text) === 0 ? Infinity : Number(text);
}

/** Whether a larger `--max-records` is asked for than the run had; a smaller one is refused. */
function raisedLimit(command: ResumeCommand, before: number): boolean {
  const text = command.settings['performance.max_records'];
  if (text === undefined) return false;
  const rows = wantedLimit(command);
  if (rows < before) {
    throw new SuperviseError(
      'usage',
      `--max-records ${text} is less than the run's own limit, ${before === Infinity ? 'none' : formatCount(before)}`,
      {
        hint: 'A resume may only raise it.',
      },
    );
  }
  return rows > before;
}

/** Commands are made here: what a file says is not offered for pasting. A finished run is not resumed. */
function withOwnCommands(summary: RunSummary, directory: string): RunSummary {
  const { merged_error_log: merged, retry_command: retry } = summary;
  if (merged === undefined) return { ...summary, resume_command: undefined, retry_command: undefined };
  const log = join(directory, basename(merged));
  const command = `skyflow-supervise retry ${shellWord(log)}`;
  return {
    ...summary,
    merged_error_log: log,
    resume_command: undefined,
    retry_command: retry === undefined ? undefined : command,
  };
}

function describeFinished({ run_id: runId, totals }: RunSummary, failed: FailedRecords | undefined): string {
  return (
    `Run ${runId} is finished: ${formatCount(totals.uploaded)} uploaded, ${formatCount(totals.failed)} failed, ` +
    `${formatCount(totals.skipped)} skipped; nothing is left to send.\n` +
    (failed === undefined ? '' : `${wayOn(failed)}\n`)
  );
}
