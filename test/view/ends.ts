import { buildRunSummary } from '../../src/report/run-summary.js';
import { recommend } from '../../supervisor/commands/calibrate/calibration-result.js';
import { renderCalibration } from '../../supervisor/commands/calibrate/render-calibration.js';
import { renderCleared } from '../../supervisor/commands/clear/clear-command.js';
import { renderQualification } from '../../supervisor/commands/qualify/qualify-command.js';
import { renderAnalysis } from '../../supervisor/commands/retry/render-analysis.js';
import { renderRun, type ListedRun } from '../../supervisor/commands/runs/run-columns.js';
import { renderUndo } from '../../supervisor/commands/undo/undo-evidence.js';
import { renderVerification } from '../../supervisor/commands/verify/render-verification.js';
import { snapshotOf } from '../report/snapshot-fixture.js';

export const style = { unicode: true, color: true };
const directory = '/data/of/somebody/with/a/long/name/runs/20250102T030405Z-abcdefgh';
export const log = `${directory}/merged_error_log_20250102_030405.json`;

export const summary = buildRunSummary({
  ...{
    programVersion: '1.2.3',
    runId: '20250102T030405Z-abcdefgh',
    runDirectory: directory,
    durationMs: 100_000,
  },
  startedAt: new Date('2025-01-02T03:04:05Z'),
  finishedAt: new Date('2025-01-02T03:05:45Z'),
  mergedErrorLog: log,
  resumeCommand: `skyflow-supervise resume ${directory}`,
  retryCommand: `skyflow-supervise retry ${log}`,
  remarks: ['a remark of many words (and some in brackets); and what follows from it for whoever reads it'],
  vaults: ['NAME', 'ID', 'DOB', 'SSN'].map((name) => ({
    ...{
      name,
      id: 'v1',
      table: 't1',
      status: 'incomplete' as const,
      snapshot: snapshotOf({ failed: 8 }),
      restarts: 0,
    },
    error: {
      code: 'storage' as const,
      message: `${name}: ${log} cannot be written`,
      hint: `See: skyflow-supervise report ${directory}`,
    },
    failedByReason: [
      { reason: 'rejected', status_code: 400, records: 8, message: 'a value is not acceptable' },
    ],
  })),
});

const started = { started_at: '2025-01-02T03:04:05Z', finished_at: '2025-01-02T03:05:45Z' };
const begun = { program_version: '1.2.3', run_id: '20250102T030405Z-abcdefgh', run_directory: directory };
export const vault = { name: 'SSN', id: 'a-vault-id-of-some-length', table: 'ssn' };
export const error = {
  code: 'storage',
  message: `${log} cannot be read`,
  hint: `See: skyflow-supervise report ${directory}`,
} as const;
const counted = { inserted: 1_000, deleted: 990, unaccounted: 10 };

/** The ends of the commands beside a load, whole and failed. */
export function* ends(columns: number): Generator<string> {
  const screen = { style, columns };
  const of = (missing: number) => ({
    expected: 25_000,
    checked: 25_000,
    matching: 25_000 - missing,
    missing,
    different: 0,
  });
  for (const missing of [0, 9_999]) {
    const positions = Array.from({ length: missing === 0 ? 0 : 20 }, (_, at) => ({
      first: at * 1_000,
      last: at * 1_000 + 2,
    }));
    yield renderVerification(
      {
        ...{
          ...begun,
          ...started,
          mode: { kind: 'sample', size: 25_000, seed: 3_748_054_101 },
          complete: missing === 0,
        },
        ...{ exit_code: missing === 0 ? 0 : 1, confidence: 0.95, totals: of(missing) },
        vaults: [
          {
            ...{
              ...vault,
              column: 'ssn',
              status: missing === 0 ? 'complete' : 'incomplete',
              wrong_at_most: 0.4,
              remarks: ['the table holds 25,000 records'],
            },
            findings: {
              ...{ ...of(missing), missing_positions: positions, different_positions: [] },
              kind: 'verify',
              positions_complete: true,
              vault_count: { at_start: 0, before: 0, after: 25_000 },
              not_judged: { failed: 10_000, skipped: 1_000, unsettled: 1_000 },
            },
            ...(missing === 0 ? {} : { error }),
          },
        ],
      },
      screen,
      { file: `${directory}/verification.json`, continueWith: `skyflow-supervise verify ${directory} --all` },
    );
  }
  const undone = {
    ids: 25_000,
    deleted: 20_000,
    gone: 3,
    without_id: 4_997,
    vault_count: { before: 25_000, after: 5_000 },
  };
  for (const status of ['complete', 'interrupted', 'incomplete'] as const)
    yield renderUndo(
      {
        ...begun,
        ...started,
        host: 'h',
        confirmed: 'typed',
        status,
        exit_code: 3,
        vaults: [{ ...vault, ...undone, status, error }],
      },
      `${directory}/undo.json`,
      screen,
    );
  yield renderCleared(
    {
      exit_code: 130,
      vaults: [
        {
          ...vault,
          status: 'interrupted',
          deleted: 20_000,
          at_once: false,
          vault_count: { before: 25_000, after: 5_000 },
          error,
        },
      ],
    },
    screen,
  );
  const step = {
    batch_size: 10_000,
    concurrency: 128,
    requests_per_second: 1_000.5,
    records_per_second: 1_000_000,
    p50_ms: 12_345,
    throttled: 1_000,
  };
  const result = {
    ...started,
    format_version: 1,
    program_version: '1.2.3',
    status: 'complete',
    exit_code: 0,
    vault,
  } as const;
  const calibration = {
    batch_size: 25,
    concurrency: 8,
    limit: { of: 'requests', per_second: 50 },
    ended_by: 'refusals',
  } as const;
  yield renderCalibration(
    { ...result, calibration, recommended: recommend(calibration), steps: [step], test_records: counted },
    { ...screen, written: `${directory}/calibrated.json` },
  );
  yield renderCalibration(
    { ...result, calibration: null, recommended: null, steps: [step], test_records: counted, error },
    { ...screen, written: undefined },
  );
  const fact = {
    question: 'Does the vault give back the token that it was given, whatever was there before?',
    answer: 'Yes: for 25 of 25 records.',
    settings: null,
  };
  yield renderQualification(
    {
      ...result,
      facts: [fact],
      settings: { in_doubt: 'hold' },
      test_records: counted,
      left_behind: { deleted: 1, unaccounted: 1 },
    },
    screen,
  );
  const tally = { entries: 1_000, records: 25_000 };
  yield renderAnalysis({
    ...screen,
    ...{
      now: new Date(started.finished_at),
      leftOut: [`${log} was sent again already`],
      upsert: false,
      inDoubt: 'hold',
    },
    logs: [
      {
        ...{
          file: log,
          sizeBytes: 1_000_000,
          sha256: '0',
          modifiedAt: started.started_at,
          run: begun.run_id,
          timestamp: started.started_at,
        },
        vaults: [
          {
            ...{
              ...tally,
              vault: { ...vault, column: 'ssn' },
              characters: 0,
              withheld: { encrypted: 25_000, redacted: 0 },
            },
            ...{
              byStanding: { absent: 25_000, doubtful: 0, repeated: 0, foreign_repeated: 0, foreign: 0 },
              byStatus: new Map([
                [400, tally],
                [0, tally],
              ]),
              byReason: new Map([['rejected', tally]]),
            },
          },
        ],
      },
    ],
    plans: [
      {
        vault,
        ...{ records: 25_000, lookedUp: 1_000, notSent: 10, batches: 84, workers: 32, estimatedMs: 60_000 },
      },
    ],
  });
  const run: ListedRun = {
    ...{
      run_id: begun.run_id,
      run_directory: directory,
      command: 'retry',
      started_at: started.started_at,
      vaults: ['SSN', 'NAM', 'BDAY', 'DL'],
    },
    ...{
      settled: 604,
      meant: 20_000,
      rows: 500_000_000,
      uploaded: 531,
      failed: 73,
      deleted_since: { SSN: 'cleared', NAM: 'undone' },
      state: 'interrupted',
      exit_code: 130,
      next: `skyflow-supervise retry ${log}`,
    },
    with_retries: { uploaded: 500_000_000, remaining: 73, exact: false },
  };
  yield renderRun(run, { columns });
}
