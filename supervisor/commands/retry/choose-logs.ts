import type { VaultSettings } from '../../../src/config/configuration.js';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount, plural } from '../../../src/report/format-numbers.js';
import type { RetriedLog } from '../../../src/run-record/run-record.js';
import type { ErrorLogAnalysis, VaultErrors } from '../../../src/source/error-log/analyse-error-log.js';
import type { Fingerprints } from '../../../src/source/fingerprints/fingerprints.js';
import { deletedSince, mayGoThere } from '../../history/failed-records.js';
import { isUnfinishedRun, type KnownRun } from '../../history/known-runs.js';
import { shellWord } from '../../command-line/shell-word.js';
import { findRetries, findWriter, isMissingLog, isVaultUnfinished, type RetryRun } from './earlier-runs.js';
import type { LoggedVault } from '../../../src/error-log/error-log-entry.js';
import { singleLine } from '../../../src/report/screen-text.js';

/** The records of one vault in one log, which are to be sent again. */
export interface ChosenErrors {
  readonly log: ErrorLogAnalysis;
  readonly errors: VaultErrors;
  readonly vault: VaultSettings;
}

export interface ChosenLogs {
  readonly chosen: readonly ChosenErrors[];
  /** Why records are left out, for people. */
  readonly leftOut: readonly string[];
}

export interface ChoiceRequest {
  readonly logs: readonly ErrorLogAnalysis[];
  readonly vaults: readonly VaultSettings[];
  readonly runsDirectory: string;
  /** True: neither an earlier retry nor an unfinished load keeps records from being sent. */
  readonly newRun: boolean;
  /** For the commands that are named: `--config …`. */
  readonly commandFlags: readonly string[];
}

/**
 * Which records of the logs go again. Of several logs of one run the newest counts. Refused are records of a vault that
 * is not configured so, and, as long as a run is unfinished that may still send them, what it is about. What an earlier retry has
 * brought to an end is left out: its failures stand in its own log.
 */
export async function chooseLogs(request: ChoiceRequest): Promise<ChosenLogs> {
  const named = request.logs.flatMap((log) =>
    log.vaults
      .filter(({ records }) => records > 0)
      .map((errors) => ({ log, errors, vault: matchVault(errors.vault, log.file, request.vaults) })),
  );
  const found = newestOfEach(named);
  if (request.newRun) return { chosen: found, leftOut: [] };
  const retries = await findRetries(request.runsDirectory);
  const chosen: ChosenErrors[] = [];
  const leftOut: string[] = [];
  for (const one of found) {
    const earlier = retries.findLast(({ logs, fingerprints }) =>
      logs.some((log) => holdsSame(log, one, fingerprints)),
    );
    if (earlier === undefined) {
      const writer = await findWriter(one.log, request.runsDirectory);
      // By the name that the run knew it by: the configuration may write it otherwise now.
      const deletion = writer && (await deletedSince(writer, one.errors.vault.name));
      if (writer !== undefined && !mayGoThere(deletion)) {
        leftOut.push(whatWasDeleted(one, writer, deletion === 'cleared'));
        continue;
      }
      await refuseUnfinishedRun(one, writer, request);
      chosen.push(one);
    } else if (isUnfinishedRun(earlier.record)) throw unfinishedRetry(earlier, one, request);
    else {
      leftOut.push(
        `vault ${one.vault.name}: the ${formatCount(one.errors.records)} records of ${one.log.file} were sent again ` +
          `by the retry ${earlier.directory.runId} already; what failed there stands in its own error log`,
      );
    }
  }
  return { chosen, leftOut };
}

/** The logs as the run's record keeps them. */
export function recordLogs(chosen: readonly ChosenErrors[], fingerprints: Fingerprints): RetriedLog[] {
  const logs = new Map<ErrorLogAnalysis, RetriedLog>();
  for (const { log, errors, vault } of chosen) {
    const { name, id, table } = vault;
    const before = logs.get(log);
    logs.set(log, {
      file: log.file,
      fingerprint: fingerprints.ofWhole(log.sha256),
      ...(log.run === undefined ? {} : { run: log.run }),
      vaults: [...(before?.vaults ?? []), { name, id, table, records: errors.records }],
    });
  }
  return [...logs.values()];
}

/** One and the same log, or the vault's own log and the merged one of its run. */
function holdsSame(
  log: RetriedLog,
  { log: other, errors, vault }: ChosenErrors,
  fingerprints: Fingerprints,
): boolean {
  const same = log.vaults.find(({ id, table }) => id === vault.id && table === vault.table);
  if (same === undefined) return false;
  return (
    fingerprints.isOf(log.fingerprint, other.sha256) ||
    (log.run === other.run &&
      log.run !== undefined &&
      same.records === errors.records &&
      isMissingLog(log.file) === isMissingLog(other.file))
  );
}

/**
 * Of logs that hold the same failures (copies, or the logs of one run at several moments) the newest one: it holds
 * everything that failed in the run.
 */
function newestOfEach(found: readonly ChosenErrors[]): ChosenErrors[] {
  const isOlder = (one: ChosenErrors, other: ChosenErrors): boolean => {
    const [time = '', otherTime = ''] = [one.log.timestamp, other.log.timestamp];
    return time === otherTime ? one.errors.records < other.errors.records : time < otherTime;
  };
  const kept: ChosenErrors[] = [];
  for (const one of found) {
    const twin = kept.findIndex(({ log, vault }) => {
      if (vault !== one.vault) return false;
      return log.sha256 === one.log.sha256 || (log.run !== undefined && log.run === one.log.run);
    });
    const before = kept[twin];
    if (before === undefined) kept.push(one);
    else if (isOlder(before, one)) kept[twin] = one;
  }
  return kept;
}

/** Alone they would stand in the table, and a load of all would insert them once more. */
function whatWasDeleted({ vault, errors }: ChosenErrors, { record }: KnownRun, isCleared: boolean): string {
  const since = isCleared ? 'its table was cleared since' : 'its records were deleted again by `undo`';
  return (
    `vault ${vault.name}: ${plural(errors.records, 'failed record', 'failed records')} of the run ${record.run_id} left out: ` +
    `${since}, and a load brings them with the others`
  );
}

async function refuseUnfinishedRun(
  one: ChosenErrors,
  writer: KnownRun | undefined,
  request: ChoiceRequest,
): Promise<void> {
  if (writer === undefined || !(await isVaultUnfinished(writer, one.errors.vault.name))) return;
  const { path, runId } = writer.directory;
  throw new SuperviseError(
    'usage',
    `vault ${one.vault.name}: the run ${runId}, which wrote ${one.log.file}, is unfinished`,
    {
      hint: `Its error log may still change. Go on with it first: ${resumeCommand(path, request)}\nOr retry what stands there now: --new-run`,
    },
  );
}

function unfinishedRetry(
  earlier: RetryRun,
  { vault, log }: ChosenErrors,
  request: ChoiceRequest,
): SuperviseError {
  const { path, runId } = earlier.directory;
  return new SuperviseError(
    'usage',
    `vault ${vault.name}: the unfinished retry ${runId} has sent a part of ${log.file}`,
    {
      hint: `Go on with it: ${resumeCommand(path, request)}\nOr start anew, which inserts its records once more (unless upsert is on): --new-run`,
    },
  );
}

function resumeCommand(path: string, { commandFlags }: ChoiceRequest): string {
  return ['skyflow-supervise', 'resume', path, ...commandFlags].map(shellWord).join(' ');
}

/**
 * The configured vault that records of a log belong to, by its name in any case. Throws `usage` when there is none, and
 * when it is another vault than the one that the records were sent to: what was sent where is never guessed.
 */
function matchVault(logged: LoggedVault, file: string, configured: readonly VaultSettings[]): VaultSettings {
  const vault = configured.find(({ name }) => name.toLowerCase() === logged.name.toLowerCase());
  const said = (text: string): string => JSON.stringify(singleLine(text, 64));
  if (vault === undefined) {
    throw new SuperviseError(
      'usage',
      `${file} holds records of the vault ${said(logged.name)}, which is not configured`,
      {
        hint: `Configured are ${configured.map(({ name }) => name).join(', ')}. --config names another file.`,
      },
    );
  }
  for (const key of ['id', 'table', 'column'] as const) {
    if (logged[key] === vault[key]) continue;
    throw new SuperviseError(
      'usage',
      `${file} holds records that were sent to vault ${vault.name} with the ${key} ${said(logged[key])}; ` +
        `the configured ${key} is ${said(vault[key])}`,
      {
        hint: 'Records go back only to where they were sent. Use the configuration that the run had.',
      },
    );
  }
  return vault;
}
