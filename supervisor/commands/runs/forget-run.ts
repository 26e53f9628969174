import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SuperviseError } from '../../../src/errors/supervise-error.js';
import { assertPrivateRun } from '../../../src/trust/private-run.js';
import { loadsOf } from '../../history/earlier-loads.js';
import { findRuns, type KnownRun } from '../../history/known-runs.js';
import { leaveNote } from '../../history/run-notes.js';
import { isBeingWorkedOn } from '../../history/active-run.js';

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
