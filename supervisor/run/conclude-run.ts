import { advisesRepair } from '../../src/journal/storage-error.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import type { FailureReasons } from '../../src/journal/run-store.js';
import { errorFacts, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { isUnfinished } from '../../src/status/exit-status.js';
import { buildRunSummary, type VaultOutcome } from '../../src/report/run-summary.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { productVersion } from '../../src/product/product.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import { readRunRecord, writeRunRecord, type RunRecord } from '../../src/run-record/run-record.js';
import { writeFileAtomically } from '../../src/system/write-file.js';
import { commandAnew } from '../history/begin-anew.js';
import { shellWord } from '../command-line/shell-word.js';
import type { StopSignals } from '../process/stop-signals.js';
import type { EarlierFigures } from './earlier-figures.js';
import { settleOutcome } from './settle-outcome.js';
import type { JobsEnd } from './run-jobs.js';

export interface ConcludeOptions {
  readonly directory: RunDirectory;
  readonly record: RunRecord;
  readonly startedAt: Date;
  /** How long this command has worked on the run; monotonic. */
  readonly durationMs: number;
  readonly outcomes: JobsEnd['outcomes'];
  readonly machines?: JobsEnd['machines'];
  readonly pause: JobsEnd['pause'];
  /** Of each vault at most so many rows are meant, 0 for all. */
  readonly maxRecords: ReadonlyMap<string, number>;
  /** What the commands before this one said of each vault. */
  readonly earlier: ReadonlyMap<string, EarlierFigures>;
  readonly signals: StopSignals;
  readonly remarks: readonly string[];
  readonly commandFlags: readonly string[];
}

/**
 * Brings the files of a run up to date when its children are gone: merged error log, `summary.json`, `run.json`. A
 * disk that has failed keeps the summary from nobody: what could not be written is its `error`, and the run, which
 * counts as unfinished, is resumed to have it written. A second signal ends the merging.
 */
export async function concludeRun(options: ConcludeOptions): Promise<RunSummary> {
  const { directory, record, outcomes, signals, maxRecords, earlier } = options;
  const finishedAt = new Date();
  const settled = await Promise.all(
    outcomes.map((outcome) => {
      const { name } = outcome;
      return settleOutcome(directory.path, outcome, maxRecords.get(name) ?? 0, earlier.get(name)?.snapshot);
    }),
  );
  const logs = settled.flatMap(({ errors }) => errors ?? []);
  let unwritten: ErrorFacts | undefined;
  let merged: string | undefined;
  let reasons: FailureReasons = new Map();
  if (logs.length > 0) {
    try {
      const { runId: run } = directory;
      // Whoever has ended the children at once still gets the log; one signal more ends the process as it is.
      const signal = signals.atOnce.aborted ? undefined : signals.atOnce;
      const store = openRunStore(directory.path);
      ({ place: merged, reasons } = await store.mergeErrors(logs, { run, at: finishedAt, signal }));
    } catch (error) {
      unwritten = notWritten('the merged error log', error);
    }
  }
  const canResume = await readRunRecord(directory).then(
    () => true,
    () => false,
  );
  const command = (...words: string[]): string =>
    ['skyflow-supervise', ...words, ...options.commandFlags].map(shellWord).join(' ');
  const isLimited = outcomes.some(({ status }) => status === 'limited');
  const goOn = (isOpen: boolean): string | undefined => {
    const isDamaged = settled.some(({ outcome }) => advisesRepair(outcome.error?.hint));
    if (isOpen) return command('resume', directory.path, ...(isDamaged ? ['--repair'] : []));
    return isLimited ? command('resume', directory.path, '--max-records', '0') : undefined;
  };
  const isStopped = signals.first !== undefined;
  const ended = settled.map(({ outcome }) => outcome);
  const anew = isStopped ? undefined : await commandAnew({ directory, record }, ended);
  const summarize = (): RunSummary => {
    const isOpen = unwritten !== undefined || outcomes.some(({ status }) => isUnfinished(status));
    const anewCommand = unwritten === undefined ? anew : undefined;
    return buildRunSummary({
      programVersion: productVersion,
      runId: directory.runId,
      runDirectory: directory.path,
      startedAt: options.startedAt,
      finishedAt,
      durationMs: options.durationMs,
      vaults: settled.map(({ outcome }) => ({
        ...outcome,
        failedByReason: (reasons.get(outcome.name) ?? []).map(
          ({ reason, statusCode, records, meaning: message }) => ({
            ...{ reason, status_code: statusCode, records },
            ...(message === undefined ? {} : { message }),
          }),
        ),
      })),
      interruptedBy: signals.first,
      error: unwritten,
      mergedErrorLog: merged,
      resumeCommand: canResume && anewCommand === undefined ? goOn(isOpen) : undefined,
      anewCommand,
      retryCommand:
        merged === undefined || !outcomes.some(isWorthRetrying) ? undefined : command('retry', merged),
      machines: options.machines,
      remarks:
        isOpen && options.pause !== undefined
          ? [...options.remarks, `the run stays ${options.pause}, also after a resume`]
          : options.remarks,
    });
  };
  const summary = summarize();
  try {
    await writeSummary(directory, summary);
    // Without this the run counts as unfinished, and a resume writes what is missing.
    if (unwritten === undefined)
      await writeRunRecord(directory, endSession(record, finishedAt, summary.exit_code));
    return summary;
  } catch (error) {
    unwritten ??= notWritten('how the run ended', error);
    const corrected = summarize();
    await writeSummary(directory, corrected).catch(() => undefined);
    return corrected;
  }
}

/** Where a vault refuses everything, or keeps none of the tokens, the same records would fare the same. */
function isWorthRetrying({ error, errorLog, snapshot }: VaultOutcome): boolean {
  // A vault of a store has no log of its own on this machine.
  return (errorLog !== undefined || (snapshot?.failed ?? 0) > 0) && error?.code !== 'refused';
}

function notWritten(what: string, error: unknown): ErrorFacts {
  const { code, message, hint } = errorFacts(error);
  return { code, message: `${what} was not written: ${message}`, ...(hint === undefined ? {} : { hint }) };
}

async function writeSummary({ summaryFile }: RunDirectory, summary: RunSummary): Promise<void> {
  await writeFileAtomically(summaryFile, `${JSON.stringify(summary, undefined, 2)}\n`, { durable: true });
}

function endSession(record: RunRecord, finishedAt: Date, exitCode: number): RunRecord {
  const last = record.sessions.length - 1;
  return {
    ...record,
    sessions: record.sessions.map((session, at) =>
      at === last ? { ...session, finished_at: finishedAt.toISOString(), exit_code: exitCode } : session,
    ),
  };
}
