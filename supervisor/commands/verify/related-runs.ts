import { dirname, relative } from 'node:path';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import type { RunRecord } from '../../../src/run-record/run-record.js';
import { findRetries, findWriter } from '../retry/earlier-runs.js';

/** A run that has loaded a part of the same records, and is proved by itself. */
export interface RelatedRun {
  readonly kind: 'retry of it' | 'what it retries';
  /** As seen from where the person is. */
  readonly path: string;
}

/** The runs that a retry took its records from, or the retries of a run; those that are still there. */
export async function relatedRuns(directory: RunDirectory, record: RunRecord): Promise<RelatedRun[]> {
  const runsDirectory = dirname(directory.path);
  const seen = (path: string): string => relative(process.cwd(), path) || path;
  const related = new Map<string, RelatedRun>();
  if (record.error_logs !== undefined) {
    for (const log of record.error_logs) {
      const writer = await findWriter({ file: log.file, run: log.run }, runsDirectory);
      if (writer !== undefined)
        related.set(writer.directory.runId, { kind: 'what it retries', path: seen(writer.directory.path) });
    }
    return [...related.values()];
  }
  for (const retry of await findRetries(runsDirectory)) {
    if (retry.logs.some(({ run }) => run === directory.runId))
      related.set(retry.directory.runId, { kind: 'retry of it', path: seen(retry.directory.path) });
  }
  return [...related.values()];
}
