import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { openRuns } from '../../../src/journal/open-run-store.js';
import { findRun, runDirectoryAt, type RunDirectory } from '../../../src/run-record/run-directory.js';
import { readPrivate } from '../../../src/trust/open-private.js';
import { readRunRecord } from '../../../src/run-record/run-record.js';
import { runSummarySchema, type RunSummary } from '../../../src/report/summary-format.js';
import { runStatusSchema, type RunStatus } from '../../observers/status-format.js';
import { isBeingWorkedOn } from '../../history/active-run.js';

/** A run as it stands on disk. */
export interface RunReading {
  readonly directory: RunDirectory;
  /** `abandoned`: its command was killed, and nobody works on it. */
  readonly state: 'active' | 'ended' | 'abandoned';
  /** The last state that was written; absent when there never was one. */
  readonly status: RunStatus | undefined;
  /** Other machines work on it: this one’s load says nothing of it. */
  readonly isElsewhere?: true;
  /** Of the last command, when that has ended. */
  readonly summary: RunSummary | undefined;
}

/** A run by its id or path; without one, the newest that a living process of this host works on. */
export async function chooseWatchedRun(
  runsDirectory: string,
  run: string | undefined,
): Promise<RunDirectory> {
  if (run !== undefined) return findRun(runsDirectory, run);
  const runIds = (await openRuns(runsDirectory).ids()).reverse();
  for (const runId of runIds) {
    const directory = runDirectoryAt(runsDirectory, runId);
    if (await isBeingWorkedOn(directory)) return directory;
  }
  const [newest] = runIds;
  throw new SuperviseError('usage', `nobody works on a run in ${runsDirectory} at present`, {
    hint:
      newest === undefined
        ? 'There are no runs there; --run-dir names another place.'
        : `The newest run shows how it ended: skyflow-supervise monitor ${newest}`,
  });
}

/** Reads status and summary; never throws for what is missing or half there. */
export async function readRun(directory: RunDirectory): Promise<RunReading> {
  const isActive = await isBeingWorkedOn(directory);
  const status = await readJson(directory.statusFile, (content) => runStatusSchema.parse(content));
  if (isActive) return { directory, state: 'active', status, summary: undefined };
  const record = await readRunRecord(directory, { edited: true }).catch(() => undefined);
  const hasEnded = record?.sessions.at(-1)?.exit_code !== undefined;
  const summary = hasEnded
    ? await readJson(directory.summaryFile, (content) => runSummarySchema.parse(content))
    : undefined;
  return { directory, state: hasEnded ? 'ended' : 'abandoned', status, summary };
}

async function readJson<T>(file: string, parse: (content: unknown) => T): Promise<T | undefined> {
  try {
    return parse(JSON.parse(await readPrivate(file)));
  } catch {
    return undefined;
  }
}
