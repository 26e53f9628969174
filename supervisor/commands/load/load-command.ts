import { resolve } from 'node:path';
import type { Configuration } from '../../../src/config/configuration.js';
import { redactConfiguration } from '../../../src/config/redact-configuration.js';
import { selectVaults } from '../../../src/config/select-vaults.js';
import type { RunSummary } from '../../../src/report/summary-format.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { createRunDirectory } from '../../../src/run-record/run-directory.js';
import { newRunId } from '../../../src/run-record/run-id.js';
import type { LoadCommand } from './definition.js';
import { ConfigurationError } from '../../../src/config/configuration-error.js';
import { kindOf } from '../../../src/source/source-kinds.js';
import { loadWithPrompts } from '../../ask/load-with-prompts.js';
import { findSameRun } from '../resume/find-same-run.js';
import { assertOpenFiles } from '../../process/open-files.js';
import { forkAhead } from '../../process/vault-process.js';
import { alreadyLoadedHint, findLoadedQueries, intendedLoad } from '../../history/refuse-second-load.js';
import { assertNotLoadedBefore } from '../../history/assert-not-loaded-before.js';
import { present, type Presentation } from '../../view/present.js';
import { attendRun } from '../../observers/attend-run.js';
import { newFingerprintKey, newRunRecord } from '../../run/new-run-record.js';
import { assertStoreFits, localLanes, superviseOver } from '../../cluster/cluster-wish.js';
import { storeUrlOf } from '../../cluster/store-address.js';
import { planJobs, planProcesses } from '../../run/plan-jobs.js';
import { refuseFlagsOfOtherSources } from '../../command-line/flags-of-other-sources.js';
import { prepareErrorLogs } from '../../run/prepare-error-logs.js';
import { runSession } from '../../run/run-session.js';
import type { RunObserver } from '../../observers/run-observer.js';
import { writeForPeople } from '../../view/write-for-people.js';
import { settingsOf, settingsRequest } from '../../command-line/configured.js';

/** `load`: from the configuration to the exit status. Throws a SuperviseError for what is wrong before the start. */
export async function anewCommand(
  command: LoadCommand,
  presentation: Presentation = present(command),
  observers: readonly RunObserver[] = [],
): Promise<number> {
  if (command.printSql) return printSql(command);
  if (command.dryRun) return (await import('../check/check-command.js')).checkCommand(command);
  const earlier = command.startOrResume ? await findSameRun(command) : undefined;
  if (earlier !== undefined) {
    const { resumeCommand } = await import('../resume/resume-command.js');
    return resumeCommand({ ...command, run: earlier.directory.path, repair: false }, presentation, observers);
  }
  const tell = (summary: RunSummary): void => {
    presentation.document(summary);
  };
  return (await loadAll(command, presentation, { observers, tell })).exit_code;
}

/** `--print-sql`: what each vault's query would be. Nobody is asked and nothing is sent. */
function printSql(command: LoadCommand): number {
  const settings = settingsOf(command);
  refuseFlagsOfOtherSources(command, settings);
  const { selected, problems } = selectVaults(settings.skyflow.vaults, command.vaults);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const kind = kindOf(settings);
  const queries = selected.map((vault) => ({ name: vault.name, sql: kind.query(vault, settings) ?? '' }));
  writeForPeople(
    process.stdout,
    command.json
      ? `${JSON.stringify(queries, undefined, 2)}\n`
      : queries.map(({ name, sql }) => `-- ${name}\n${sql};\n`).join('\n'),
  );
  return 0;
}

/** What somebody has to do with a load of theirs. */
interface LoadCompany {
  /** Beside the view. */
  readonly observers?: readonly RunObserver[];
  readonly tell?: (summary: RunSummary) => void;
  /** The input was made for this load: there is nothing to warn of in how it is tied together. */
  readonly isMadeForIt?: boolean;
}

/** A load without its last word, so that `demo` can add its own. */
export async function loadAll(
  command: LoadCommand,
  presentation: Presentation,
  { observers: others = [], tell, isMadeForIt = false }: LoadCompany = {},
): Promise<RunSummary> {
  using ahead = forkAhead();
  const { configuration, origins, warnings } = await loadWithPrompts(
    { ...settingsRequest(command), selection: command.vaults, newRun: command.newRun },
    presentation.asker,
  );
  refuseFlagsOfOtherSources(command, configuration);
  const url = await storeUrlOf(configuration);
  await assertStoreFits(configuration, url);
  // Machines do the work, not this process.
  if (url !== undefined) ahead[Symbol.dispose]();
  const privacyWarnings = await prepareErrorLogs(configuration, { makesKey: true });
  const { selected } = selectVaults(configuration.skyflow.vaults, command.vaults);
  const kind = kindOf(configuration);
  await kind.prepare(configuration, selected);
  const loads = selected.map((vault) => intendedLoad(vault, configuration));
  for (const { vault, sql } of loads)
    if (sql !== undefined)
      presentation.view.notice('info', `query: ${sql.replaceAll(/\s+/g, ' ')}`, vault.name);
  const fingerprintKey = await newFingerprintKey(process.env);
  const plan =
    command.plan === undefined
      ? undefined
      : await (
          await import('../plan/assert-as-planned.js')
        ).assertAsPlanned(command.plan, {
          ...{ command, configuration, origins, vaults: selected, fingerprintKey },
        });
  await assertNotLoadedBefore(configuration, loads, command);
  assertOpenFiles({
    children: (command.maxParallelVaults ?? selected.length) * localLanes(configuration.store),
    concurrency: configuration.performance.max_concurrency,
  });
  await using attendance = await attendRun(command, presentation, { others, web: configuration.web });
  const startedAt = new Date();
  const directory = await createRunDirectory(configuration.run_dir, newRunId(startedAt));
  const suffixUnixSeconds = configuration.performance.append_suffix
    ? Math.floor(startedAt.getTime() / 1000)
    : undefined;
  const planned = {
    configuration,
    origins,
    vaults: selected,
    directory,
    startedAt,
    suffixUnixSeconds,
    environment: process.env,
  };
  const jobs = planJobs({
    ...planned,
    precount: command.precount,
    checkConflicts: command.checkConflicts,
    alreadyLoadedHint: alreadyLoadedHint(configuration, command),
    plannedInputs: plan?.inputs,
    queriesLoaded: await findLoadedQueries(configuration, loads),
  });
  const { store } = configuration;
  const hasShards = url !== undefined || localLanes(store) > 1;
  const shardJobs = hasShards ? planJobs({ ...planned, precount: false }) : [];
  const remarks = describeRun({
    configuration,
    precount: command.precount,
    limitIsDefault: origins['performance.max_records'] === 'default',
    ofSource: isMadeForIt ? [] : kind.remarks(selected),
  });
  for (const warning of [...warnings, ...privacyWarnings, ...remarks])
    presentation.view.notice('warn', warning);
  const settings = redactConfiguration(configuration, origins);
  const begin = { directory, startedAt, configuration, fingerprintKey, command: 'load', settings } as const;
  return await runSession({
    directory,
    fingerprintKey,
    record: await newRunRecord(begin, {
      config_file: resolve(command.config.file),
      precount: command.precount,
      ...(command.newRun ? { new_run: true } : {}),
      ...(plan === undefined ? {} : { plan: plan.record }),
      ...(url === undefined ? {} : { in_store: true }),
      ...(suffixUnixSeconds === undefined ? {} : { suffix_unix_seconds: suffixUnixSeconds }),
      vaults: selected.map(({ name, id, table, column }, at) => ({
        name,
        id,
        table,
        column,
        sql: loads[at]?.sql,
      })),
    }),
    jobs,
    tell,
    ...superviseOver({ store, url, directory, fingerprintKey, jobs, shardJobs, repair: false }),
    presentation,
    settings: configuration,
    ...planProcesses(configuration),
    maxParallelJobs: command.maxParallelVaults,
    remarks,
    schedule: command.schedule,
    observers: attendance.observers,
    survivesHangup: command.offline !== undefined,
    commandFlags: command.config.wasNamed ? ['--config', command.config.file] : [],
  });
}

/** Said before the run and again in its summary: what changes data, and what is not checked. */
function describeRun(run: {
  configuration: Configuration;
  precount: boolean;
  limitIsDefault: boolean;
  ofSource: readonly string[];
}): string[] {
  const { performance } = run.configuration;
  const extent = kindOf(run.configuration).extent(performance);
  return [
    ...(performance.append_suffix
      ? [
          'append_suffix is on: a random suffix is appended to every value and token (for load tests; --append-suffix=false loads the data as it is)',
        ]
      : []),
    ...(run.limitIsDefault
      ? [
          `at most ${formatCount(performance.max_records)} rows of each vault are loaded, the default limit (--max-records 0 loads everything)`,
        ]
      : []),
    ...(extent === undefined
      ? []
      : [
          `only rows ${formatCount(extent.start)} to ${extent.end === undefined ? 'the end' : formatCount(extent.end)} of each source are loaded (--start-record, --end-record)`,
        ]),
    ...run.ofSource,
    ...(run.precount ? [] : ['--no-precount: the files are not checked before the first request']),
  ];
}
