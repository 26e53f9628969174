import { setImmediate as nextTurn } from 'node:timers/promises';
import { withRunLocked } from '../history/with-run-locked.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { errorFacts, systemCode } from '../../src/errors/supervise-error.js';
import { renderSummary } from '../../src/report/render-summary.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { productVersion } from '../../src/product/product.js';
import type { RunDirectory } from '../../src/run-record/run-directory.js';
import { withOrder, writeRunRecord, type RunRecord } from '../../src/run-record/run-record.js';
import { canAsk } from '../ask/prompt.js';
import { openRunControl } from '../../src/control/open-run-control.js';
import { TokenPrompt } from '../ask/token-prompt.js';
import { tokenRenewal } from '../secrets/run-secret-command.js';
import { StopSignals } from '../process/stop-signals.js';
import type { Presentation } from '../view/present.js';
import { concludeRun } from './conclude-run.js';
import { readEarlierFigures, withEvidence } from './earlier-figures.js';
import { openRunLog, type RunLog } from '../observers/run-log.js';
import { RunFailure } from './run-failure.js';
import { broadcast, type RunEnd } from '../observers/run-observer.js';
import { StatusFile } from '../observers/status-file.js';
import { TimelineFile } from '../timeline/timeline-file.js';
import { runJobs, type JobsEnd, type JobsRequest } from './run-jobs.js';

export interface SessionRequest extends Pick<
  JobsRequest,
  | 'jobs'
  | 'settings'
  | 'vaultNames'
  | 'maxParallelJobs'
  | 'heartbeatMs'
  | 'maxRestarts'
  | 'sharedRates'
  | 'pace'
  | 'schedule'
  // Beside the view.
  | 'observers'
> {
  readonly directory: RunDirectory;
  /** With the session that begins now as its last one; written before anything else happens. */
  readonly record: RunRecord;
  /** Of a run that begins: what its fingerprints are made with. */
  readonly fingerprintKey?: string | undefined;
  readonly presentation: Presentation;
  readonly remarks: readonly string[];
  /** SIGHUP stops nothing. */
  readonly survivesHangup?: boolean | undefined;
  /** How the vaults are brought to their ends; absent: by this machine alone. */
  readonly supervise?: ((request: JobsRequest, record: RunRecord) => Promise<JobsEnd>) | undefined;
  /** How the program was called, for the commands that are printed: `--run-dir …`. */
  readonly commandFlags: readonly string[];
  /** Writes the command's document; while the run's log is open, so that one that could not be written stands there. */
  readonly tell?: ((summary: RunSummary) => void) | undefined;
}

/**
 * One command's work on a run, from the record to the summary: what `load`, `resume` and `retry` have in common.
 * Resolves with the summary when every child is reaped and everything is on disk. Signals are answered until then.
 */
export async function runSession(request: SessionRequest): Promise<RunSummary> {
  const { directory, survivesHangup, observers = [] } = request;
  const signals = new StopSignals(survivesHangup === true ? { ignored: ['SIGHUP'] } : {});
  let end: RunEnd | undefined;
  try {
    return await withRunLocked(directory, async () => {
      try {
        const summary = await runLocked(request, signals);
        end = { summary };
        return summary;
      } catch (error) {
        const failure = error instanceof RunFailure ? error : new RunFailure(error);
        end = { failure: errorFacts(failure.cause) };
        throw failure;
      }
    });
  } finally {
    signals.close();
    // A run that never came to have a record is none: nobody shall find it.
    const store = openRunStore(directory.path);
    if ((await store.record().catch(() => '')) === undefined) await store.discard();
    // Only now: what an event starts may be the next command on this run.
    if (end !== undefined) await broadcast(observers, () => undefined).ended(end);
  }
}

async function runLocked(request: SessionRequest, signals: StopSignals): Promise<RunSummary> {
  const { directory, presentation, observers = [] } = request;
  const { view } = presentation;
  const startedMs = performance.now();
  let record = request.record;
  const earlier = await readEarlierFigures(directory);
  const maxRecords = new Map<string, number>();
  if (request.fingerprintKey !== undefined) {
    await openRunStore(directory.path).keepFingerprintKey(request.fingerprintKey);
  }
  await writeRunRecord(directory, record);
  await openRunStore(directory.path).tidy();
  const startedAt = new Date(record.sessions.at(-1)?.started_at ?? record.started_at);
  const prompt = new TokenPrompt(view, tokenRenewal(request.settings));
  const log = openRunLog(directory.logFile);
  const outputs = recordOutputErrors(log);
  log.logger.info(
    { run: directory.runId, command: record.sessions.at(-1)?.command, version: productVersion },
    'begin',
  );
  try {
    const supervise = request.supervise ?? runJobs;
    const jobs: JobsRequest = {
      ...request,
      signals,
      prepare: (job) => {
        const { name } = job.vault;
        maxRecords.set(name, job.performance.max_records);
        return withEvidence(job, earlier.get(name));
      },
      observers: [new StatusFile(directory), new TimelineFile(directory), ...observers],
      view,
      canAskForToken: canAsk,
      askForToken: (vaultName, message) => prompt.ask(vaultName, message),
      log,
      control: openRunControl(directory.path),
      onOrder: async (orders) => {
        log.logger.info({ orders }, 'order');
        record = withOrder(record, orders);
        await writeRunRecord(directory, record).catch((error: unknown) => {
          view.notice('warn', `an order is not in the record of the run: ${errorFacts(error).message}`);
        });
      },
      onInputs: (name, { rows, inputs }) => {
        const known = { inputs, ...(rows === undefined ? {} : { rows }) };
        record = {
          ...record,
          vaults: record.vaults.map((vault) => (vault.name === name ? { ...vault, ...known } : vault)),
        };
      },
    };
    const { outcomes, machines, pause } = await supervise(jobs, record);
    if (!signals.stopping.aborted) {
      signals.stopping.addEventListener('abort', () => {
        view.notice(
          'warn',
          `${signals.first ?? 'stop'}: writing the logs of this run; once more stops at once`,
        );
      });
    }
    const summary = await concludeRun({
      ...request,
      record,
      startedAt,
      durationMs: performance.now() - startedMs,
      outcomes,
      machines,
      pause,
      earlier,
      maxRecords,
      signals,
    });
    const { status, exit_code, totals, error } = summary;
    log.logger.info({ status, exit_code, totals, error }, 'end');
    presentation.people(renderSummary(summary, presentation.screen));
    request.tell?.(summary);
    // A stream tells of a failed write a turn later.
    await nextTurn();
    return summary;
  } finally {
    outputs[Symbol.dispose]();
    log.close();
  }
}

/** That people did not see what they should have seen stands in the run's log, once for each stream. */
function recordOutputErrors({ logger }: RunLog): Disposable {
  const streams = (['stdout', 'stderr'] as const).map((name) => {
    const record = (error: Error): void => {
      process[name].off('error', record);
      logger.warn({ stream: name, code: systemCode(error) }, 'an output cannot be written');
    };
    process[name].on('error', record);
    return () => void process[name].off('error', record);
  });
  return {
    [Symbol.dispose]: () => {
      for (const stop of streams) stop();
    },
  };
}
