import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { productVersion } from '../../../src/product/product.js';
import { askToProceed } from '../../ask/ask-to-proceed.js';
import { failedLeft } from '../../history/failed-records.js';
import { canAsk } from '../../ask/prompt.js';
import { findRuns, hasBegun, isUnfinishedRun, type KnownRun } from '../../history/known-runs.js';
import type { Presentation } from '../../view/present.js';
import { isBeingWorkedOn } from '../../history/active-run.js';
import { findRetries } from '../retry/earlier-runs.js';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assertPrivateRun } from '../../../src/trust/open-private.js';
import { loadsOf } from '../../history/earlier-loads.js';
import { leaveNote } from '../../history/run-notes.js';

/** A run that is old enough, and why it stays all the same. */
interface OldRun {
  readonly run: KnownRun;
  readonly endedAt: string;
  /** Undefined: it goes. */
  readonly keptBecause: string | undefined;
  /** In its error logs, and in no retry. */
  readonly failed: number;
}

const dayMs = 86_400_000;

/**
 * Forgets the runs whose last command ended longer ago than that, the oldest first, after listing them. One that could
 * still be gone on with stays, and so does one that somebody works on, and one whose failed records no retry has sent.
 * With `dryRun` nothing is asked or deleted.
 */
export async function pruneRuns(
  runsDirectory: string,
  wish: {
    readonly olderThanDays: number;
    readonly dryRun: boolean;
    readonly yes: boolean;
    readonly now: Date;
  },
  presentation: Presentation,
): Promise<number> {
  const before = new Date(wish.now.getTime() - wish.olderThanDays * dayMs).toISOString();
  const old = await findOldRuns(runsDirectory, before);
  const going = old.filter(({ keptBecause }) => keptBecause === undefined);
  const then = `${before.slice(0, 16).replace('T', ' ')} UTC`;
  presentation.people(
    old.length === 0
      ? `No run in ${runsDirectory} ended before ${then}.\n`
      : `Runs in ${runsDirectory} that ended before ${then}:\n${old.map(render).join('')}`,
  );
  const isAgreed = !wish.dryRun && going.length > 0 && (await agree(going, wish.yes));
  if (isAgreed) {
    for (const { run } of going) {
      await forgetRun(run);
      presentation.people(`forgotten: ${run.directory.runId}; what it loaded stays known\n`);
    }
  } else if (going.length > 0) presentation.people('Nothing was deleted.\n');
  presentation.document({
    format_version: 1,
    program_version: productVersion,
    ended_before: before,
    deleted: isAgreed,
    runs: old.map(({ run, endedAt, keptBecause, failed }) => ({
      run_id: run.directory.runId,
      ended_at: endedAt,
      failed_not_sent_again: failed,
      kept_because: keptBecause ?? null,
    })),
  });
  return 0;
}

async function findOldRuns(runsDirectory: string, before: string): Promise<OldRun[]> {
  const retries = await findRetries(runsDirectory);
  const old: OldRun[] = [];
  for (const run of await findRuns(runsDirectory)) {
    const last = run.record.sessions.at(-1);
    const endedAt = last?.finished_at ?? last?.started_at ?? run.record.started_at;
    if (endedAt >= before) continue;
    const failed = await failedLeft(run, retries);
    old.push({ run, endedAt, keptBecause: await reasonToKeep(run, failed), failed });
  }
  return old;
}

async function reasonToKeep(run: KnownRun, failed: number): Promise<string | undefined> {
  if (await isBeingWorkedOn(run.directory)) return 'somebody works on it';
  // How far a run in a store has come stands there: here it may look as if it never began.
  const mayHaveBegun = run.record.in_store === true || (await hasBegun(run));
  if (isUnfinishedRun(run.record) && mayHaveBegun) return 'it is unfinished: resume it, or runs forget';
  if (failed > 0)
    return `no retry has sent its ${formatCount(failed)} failed record${failed === 1 ? '' : 's'}: retry it, or runs forget`;
  return undefined;
}

function render({ run, endedAt, keptBecause }: OldRun): string {
  return `  ${run.directory.runId}  ended ${endedAt}; ${keptBecause === undefined ? 'goes' : `stays: ${keptBecause}`}\n`;
}

async function agree(going: readonly OldRun[], yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!canAsk()) {
    throw new SuperviseError('usage', 'runs would be deleted, and nobody can be asked', {
      hint: 'Say --yes to do it without a question, or --dry-run to see the list alone.',
    });
  }
  const count = `${formatCount(going.length)} run${going.length === 1 ? '' : 's'}`;
  return askToProceed(
    `${count} would be deleted, with journals and error logs, and could not be retried or proved any more. Do you want to proceed?`,
  );
}

/**
 * Deletes a run with everything in its directory. What it put into which table stays known by a note that is written
 * first: fingerprints and figures, no record. Throws `locked` while somebody works on it.
 */
export async function forgetRun(run: KnownRun): Promise<void> {
  const { directory, record } = run;
  const { path, runId } = directory;
  await assertPrivateRun(path);
  if (await isBeingWorkedOn(directory)) {
    throw new SuperviseError('locked', `somebody works on the run ${runId}`, {
      hint: 'Stop it first, or wait for its end.',
    });
  }
  const runsDirectory = dirname(path);
  const loads = await loadsOf(run, await findRuns(runsDirectory));
  const last = record.sessions.at(-1);
  if (loads.length > 0) {
    await leaveNote(runsDirectory, runId, {
      format_version: 1,
      kind: 'forgotten',
      run_id: runId,
      forgotten_at: new Date().toISOString(),
      last_worked_at: last?.started_at ?? record.started_at,
      loads: loads.map(({ target, inputs, fingerprints: { key }, pieces, sql, rows, settled, slice }) => ({
        target,
        inputs: [...inputs],
        pieces: [...pieces],
        settled,
        ...(key === undefined ? {} : { fingerprint_key: key }),
        ...(sql === undefined ? {} : { sql }),
        ...(rows === undefined ? {} : { rows }),
        ...(slice === undefined ? {} : { slice }),
      })),
    });
  }
  await rm(path, { recursive: true });
}
