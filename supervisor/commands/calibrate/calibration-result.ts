import { exitStatus, runStatus } from '../../../src/report/exit-status.js';
import { productVersion } from '../../../src/product/product-version.js';
import type { JobsEnd } from '../../run/run-jobs.js';
import { recommend } from './recommend.js';

export type CalibrationResult = ReturnType<typeof describeResult>;

/** What a calibration came to, as `--json` prints it. */
export function describeResult({ outcomes, interruptedBy }: JobsEnd, startedAt: Date) {
  const [outcome] = outcomes;
  const findings = outcome?.findings?.kind === 'calibrate' ? outcome.findings : undefined;
  const exitCode = exitStatus(
    outcomes.map(({ status }) => ({ status, failed: 0 })),
    interruptedBy,
  );
  const calibration = findings?.calibration ?? null;
  return {
    format_version: 1,
    program_version: productVersion,
    status: runStatus(exitCode),
    exit_code: exitCode,
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
