import { buildRunSummary, type VaultOutcome } from '../../src/report/run-summary.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import { runOutcome, snapshotOf, vaultOutcome } from './snapshot-fixture.js';

export const STYLE = { unicode: true, color: false };
export const PLAIN = { style: STYLE, detail: 'whole' } as const;
export const RUN_DIRECTORY = '/data/runs/20250102T030405Z-abcdefgh';

export function summaryOf(vaults: readonly Partial<VaultOutcome>[]): RunSummary {
  return buildRunSummary(
    runOutcome(
      vaults.map((vault) => vaultOutcome(vault)),
      {
        mergedErrorLog: `${RUN_DIRECTORY}/merged_error_log_20250102_030405.json`,
        resumeCommand: 'skyflow-supervise resume 20250102T030405Z-abcdefgh',
        retryCommand: `skyflow-supervise retry ${RUN_DIRECTORY}/merged_error_log_20250102_030405.json`,
        remarks: ['append_suffix is on.'],
      },
    ),
  );
}

export const failing = {
  name: 'ID',
  status: 'failures',
  snapshot: snapshotOf({
    uploaded: 99_990,
    failed: 8,
    skipped_by_reason: { empty_value: 2, empty_token: 0, already_there: 0 },
  }),
} as const;

/** Each with failures of several kinds, and with records that are open. */
export const four = ['NAME', 'ID', 'DOB', 'SSN'].map((name, at) => ({
  ...failing,
  name,
  status: at === 3 ? ('interrupted' as const) : ('failures' as const),
  snapshot: snapshotOf({ read: 96_000, uploaded: 95_992, failed: 8, unsettled: 4_000, in_doubt: 120 }),
  failedByReason: [
    { reason: 'rejected', status_code: 400, records: 5, message: 'a value is not acceptable' },
    { reason: 'token_mismatch', status_code: 200, records: 1 },
    { reason: 'unreachable', status_code: 0, records: 1 },
    { reason: 'rejected', status_code: 413, records: 1 },
  ],
}));
