import { dirname } from 'node:path';
import { commandLine } from '../../history/command-words.js';
import { findRuns } from '../../history/known-runs.js';
import { findRetries } from '../retry/earlier-runs.js';
import { describeAmong } from '../runs/describe-run.js';
import type { RunReading } from './watched-run.js';

/**
 * The command that comes next after a run that nobody works on, as `runs` has it; undefined: none does. What a file says is not
 * offered for pasting.
 */
export async function whatComesNext({
  directory,
  state,
  isElsewhere,
  summary,
}: RunReading): Promise<string | undefined> {
  if (state === 'active') return undefined;
  if (isElsewhere === true)
    return summary?.resume_command === undefined ? undefined : commandLine('resume', directory.path);
  // Watching fails for nothing that cannot be read.
  return listedNext(directory).catch(() => undefined);
}

async function listedNext({ path, runId }: RunReading['directory']): Promise<string | undefined> {
  const runsDirectory = dirname(path);
  const runs = await findRuns(runsDirectory);
  const run = runs.find(({ record }) => record.run_id === runId);
  if (run === undefined) return undefined;
  return (await describeAmong(run, runs, await findRetries(runsDirectory))).next ?? undefined;
}

/** The same for people: one line, however long, because it is there to be copied. */
export async function adviceOn(run: RunReading): Promise<string[]> {
  const next = await whatComesNext(run);
  return next === undefined ? [] : [`What comes next: ${next}`];
}
