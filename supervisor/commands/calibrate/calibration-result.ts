import { endFacts, type JobsEnd } from '../../run/run-jobs.js';
import { recommend } from './recommend.js';

export type CalibrationResult = ReturnType<typeof describeResult>;

/** What a calibration came to, as `--json` prints it. */
export function describeResult(end: JobsEnd, startedAt: Date) {
  const [outcome] = end.outcomes;
  const findings = outcome?.findings?.kind === 'calibrate' ? outcome.findings : undefined;
  const calibration = findings?.calibration ?? null;
  return {
    ...endFacts(end),
    started_at: startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    vault: { name: outcome?.name ?? '', id: outcome?.id ?? '', table: outcome?.table ?? '' },
    calibration,
    recommended: calibration === null ? null : recommend(calibration),
    steps: findings?.steps ?? [],
    test_records: findings?.test_records ?? { inserted: 0, deleted: 0, unaccounted: 0 },
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
  };
}
