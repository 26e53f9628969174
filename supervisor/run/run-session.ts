import { join } from 'node:path';
import { acquireLock } from '../../src/journal/lock.js';
import { mergeErrorLogs } from '../../src/journal/merge-error-logs.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { isUnfinished, isUnfinishedExit } from '../../src/report/exit-status.js';
import { renderSummary } from '../../src/report/render-summary.js';
import { buildRunSummary } from '../../src/report/run-summary.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { productVersion } from '../../src/run/product-version.js';
import type { RunDirectory } from '../../src/run/run-directory.js';
import { fileStamp } from '../../src/run/run-id.js';
import { writeRunRecord, type RunRecord } from '../../src/run/run-record.js';
import { writeFileAtomically } from '../../src/run/write-file-atomically.js';
import { canAsk } from '../ask/prompt.js';
import { TokenPrompt } from '../ask/token-prompt.js';
import type { Presentation } from '../view/present.js';
import { shellWord } from '../command-line/shell-word.js';
import type { RateShare } from '../process/vault-process.js';
import { openRunLog } from './run-log.js';
import { RunFailure } from './run-failure.js';
import type { RunEnd, RunWatcher } from './run-watcher.js';
import { settleOutcome } from './settle-outcome.js';
import { superviseRun } from './supervise-run.js';

export interface SessionRequest {
  readonly directory: RunDirectory;
  /** With the session that begins now as its last one; written before anything else happens. */
  readonly record: RunRecord;
  readonly jobs: readonly VaultJob[];
  readonly presentation: Presentation;
  readonly heartbeatMs: number;
  readonly maxRestarts: number;
  readonly maxParallelVaults: number;
  /** Rates that the running vaults share. */
  readonly sharedRates?: RateShare | undefined;
  readonly remarks: readonly string[];
  /** Who is kept informed besides the view. */
  readonly watchers?: readonly RunWatcher[] | undefined;
  /** SIGHUP stops nothing. */
  readonly survivesHangup?: boolean | undefined;
  /** How the program was called, for the commands that are printed: `--run-dir …`. */
  readonly commandFlags: readonly string[];
}

/**
 * One command's work on a run, from the record to the summary: what `load`, `resume` and `retry` have in common.
 * Resolves with the summary when every child is reaped and everything is on disk.
 */
export async function runSession(request: SessionRequest): Promise<RunSummary> {
  const { directory } = request;
  const lock = await acquireLock(directory.lockFile, { waitMs: 0, describe: `run ${directory.runId}` });
  let end: RunEnd | undefined;
  try {
    const summary = await runLocked(request);
    end = { summary };
    return summary;
  } catch (error) {
    end = { failure: errorFacts(error) };
    throw new RunFailure(error);
  } finally {
    await lock.release();
    // Only now: what an event starts may be the next command on this run.
    if (end !== undefined) for (const watcher of request.watchers ?? []) await watcher.ended?.(end);
  }
}

async function runLocked(request: SessionRequest): Promise<RunSummary> {
  const { directory, presentation, watchers = [] } = request;
  let record = request.record;
  await writeRunRecord(directory, record);
  const startedAt = new Date(record.sessions.at(-1)?.started_at ?? record.started_at);
  const prompt = new TokenPrompt(presentation.view);
  const log = openRunLog(directory.logFile);
  log.logger.info(
    { run: directory.runId, command: record.sessions.at(-1)?.command, version: productVersion },
    'begin',
  );
  try {
    for (const watcher of watchers) await watcher.begun?.(directory);
    const { outcomes, interruptedBy } = await superviseRun({
      ...request,
      statusOf: directory,
      view: presentation.view,
      askForToken: (vaultName, message) => {
        if (canAsk()) for (const watcher of watchers) watcher.credentialWanted?.(vaultName);
        return prompt.ask(vaultName, message);
      },
      log,
      onInputs: (name, { rows, inputs }) => {
        const known = { inputs, ...(rows === undefined ? {} : { rows }) };
        record = {
          ...record,
          vaults: record.vaults.map((vault) => (vault.name === name ? { ...vault, ...known } : vault)),
        };
      },
    });
    const finishedAt = new Date();
    const settled = await Promise.all(
      outcomes.map((outcome) => {
        const job = request.jobs.find(({ vault }) => vault.name === outcome.name);
        return settleOutcome(directory.path, outcome, job?.delivery.maxRecords ?? 0);
      }),
    );
    const logs = settled.flatMap(({ errorLog }) => (errorLog === undefined ? [] : [errorLog]));
    // A full disk must not keep the summary from the people who have to make room.
    const unwritten: string[] = [];
    const orRemark = async <T>(what: string, writing: Promise<T>): Promise<T | undefined> => {
      try {
        return await writing;
      } catch (error) {
        unwritten.push(`${what} was not written: ${errorFacts(error).message}`);
        return undefined;
      }
    };
    const mergedFile = join(directory.path, `merged_error_log_${fileStamp(finishedAt)}.json`);
    const mergedTotals =
      logs.length === 0
        ? undefined
        : await orRemark(
            'the merged error log',
            mergeErrorLogs(logs, mergedFile, { run: directory.runId, at: finishedAt }),
          );
    const merged = mergedTotals === undefined ? undefined : mergedFile;
    const unfinished = outcomes.some(({ status }) => isUnfinished(status));
    const command = (...words: string[]): string => ['skyflow-supervise', ...words].map(shellWord).join(' ');
    const summary = buildRunSummary({
      programVersion: productVersion,
      runId: directory.runId,
      runDirectory: directory.path,
      startedAt,
      finishedAt,
      vaults: settled.map(({ outcome }) => outcome),
      interruptedBy,
      mergedErrorLog: merged,
      resumeCommand: unfinished ? command('resume', directory.path, ...request.commandFlags) : undefined,
      retryCommand: merged === undefined ? undefined : command('retry', merged, ...request.commandFlags),
      remarks: [...request.remarks, ...unwritten],
    });
    await orRemark(
      'summary.json',
      writeFileAtomically(directory.summaryFile, `${JSON.stringify(summary, undefined, 2)}\n`, {
        durable: true,
      }),
    );
    // Without this the run counts as unfinished, and a resume writes what is missing.
    if (unwritten.length === 0)
      await orRemark(
        'run.json',
        writeRunRecord(directory, endSession(record, finishedAt, summary.exit_code)),
      );
    log.logger.info({ status: summary.status, exit_code: summary.exit_code, totals: summary.totals }, 'end');
    presentation.people(renderSummary(summary, presentation.style));
    const [problem] = unwritten;
    if (problem !== undefined && !isUnfinishedExit(summary.exit_code)) {
      throw new SuperviseError('internal', `run ${directory.runId} has loaded everything, but ${problem}`, {
        hint: `Make room, then have it written: ${command('resume', directory.path, ...request.commandFlags)}`,
      });
    }
    return summary;
  } finally {
    log.close();
  }
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
