import { dirname, relative } from 'node:path';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import type { RetriedLog, RunRecord } from '../../../src/run-record/run-record.js';
import { hasUploaded, type KnownRun } from '../../history/known-runs.js';
import { findRetries, findWriter } from '../retry/earlier-runs.js';

/** A run that has loaded a part of the same records, and is proved by itself. */
export interface RelatedRun {
  readonly kind: 'retry of it' | 'what it retries';
  /** As seen from where the person is. */
  readonly path: string;
}

/**
 * The runs that a retry took its records from, or the retries of a run, and theirs, that have put
 * something in; those that are still there.
 */
export async function relatedRuns(directory: RunDirectory, record: RunRecord): Promise<RelatedRun[]> {
  const runsDirectory = dirname(directory.path);
  const seen = (path: string): string => relative(process.cwd(), path) || path;
  const related = new Map<string, RelatedRun>();
  if (record.error_logs !== undefined) {
    for (const { directory: writer } of await writersOf(record.error_logs, runsDirectory))
      related.set(writer.runId, { kind: 'what it retries', path: seen(writer.path) });
    return [...related.values()];
  }
  const taken = new Set([directory.runId]);
  for (const retry of await findRetries(runsDirectory)) {
    if (!retry.logs.some(({ run }) => run !== undefined && taken.has(run))) continue;
    taken.add(retry.directory.runId);
    if (await hasUploaded(retry))
      related.set(retry.directory.runId, { kind: 'retry of it', path: seen(retry.directory.path) });
  }
  return [...related.values()];
}

/** Who wrote these logs; in place of a retry that has put nothing in, whoever wrote its own. */
async function writersOf(logs: readonly RetriedLog[], runsDirectory: string): Promise<KnownRun[]> {
  const writers: KnownRun[] = [];
  for (const { file, run } of logs) {
    const writer = await findWriter({ file, run }, runsDirectory);
    if (writer === undefined) continue;
    const { error_logs: own } = writer.record;
    if (own === undefined || (await hasUploaded(writer))) writers.push(writer);
    else writers.push(...(await writersOf(own, runsDirectory)));
  }
  return writers;
}
