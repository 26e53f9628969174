import { type JobsEnd, endFacts } from '../../run/run-jobs.js';
import type { Calibration } from '../../../src/protocol/task.js';

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

/** Keys of the section `performance` of a configuration file. */
interface RecommendedSettings {
  readonly batch_size: number;
  /** Absent when too few workers were tried to tell. */
  readonly max_concurrency?: number;
  readonly max_requests_per_second?: number;
  readonly max_records_per_second?: number;
}

/** A little below the limit: no refusals, and hardly less throughput. */
const margin = 0.95;

/** The settings that go with what a vault takes. */
export function recommend({ batch_size, concurrency, limit, ended_by }: Calibration): RecommendedSettings {
  if (ended_by === 'max_records') return { batch_size };
  const settings = { batch_size, max_concurrency: concurrency };
  if (limit === null) return settings;
  const perSecond = Math.max(0.1, Math.floor(10 * margin * limit.per_second) / 10);
  return limit.of === 'requests'
    ? { ...settings, max_requests_per_second: perSecond }
    : { ...settings, max_records_per_second: perSecond };
}
