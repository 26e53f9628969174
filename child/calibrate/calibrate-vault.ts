import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { CalibrationFindings, Task } from '../../src/protocol/task.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { StoredRecords } from '../../src/vault/stored-records.js';
import { Calibrator, type Shot } from './calibration.js';
import { observed, withLockedRecords, withVault } from '../vault/stored-vault.js';
import { deleteAll } from '../clear/delete-pages.js';
import type { TaskOptions } from '../task.js';
import { realClock } from '../clear/patiently.js';
import type { TaskResult } from '../task.js';
import { TestRecordJournal } from './test-record-journal.js';

type CalibrateTask = Extract<Task, { kind: 'calibrate' }>;

const deleteWorkers = 4;
const deleteBatchSize = 200;

/**
 * Finds what a vault takes, with test records that are deleted again in every case: after a failure, after Ctrl-C, and
 * after being killed by the next calibration, since their ids are on disk before the next ones are sent. It holds the
 * lock of loads meanwhile. Never rejects: what stops it is in the result.
 */
export async function calibrateVault(options: TaskOptions, task: CalibrateTask): Promise<TaskResult> {
  const { job, stop } = options;
  const findings: CalibrationFindings = {
    kind: 'calibrate',
    calibration: null,
    steps: [],
    test_records: { inserted: 0, deleted: 0, unaccounted: 0 },
  };
  const progress = { hasBegun: false };
  try {
    const connections = Math.max(2 * task.maxConcurrency, deleteWorkers);
    await withLockedRecords(options, { connections, signal: stop.stopping }, (records) =>
      calibrate(observed(records, options), findings, {
        ...options,
        task,
        onBegin: () => (progress.hasBegun = true),
      }),
    );
    return { status: 'complete', errorLog: undefined, error: undefined, findings };
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    const isDeleted = findings.test_records.deleted === findings.test_records.inserted;
    return {
      status: progress.hasBegun ? (interrupted ? 'interrupted' : 'incomplete') : 'not_started',
      errorLog: undefined,
      error: interrupted && isDeleted ? undefined : withVault(thrown, job),
      findings,
    };
  }
}

async function calibrate(
  records: StoredRecords,
  findings: CalibrationFindings,
  options: TaskOptions & { readonly task: CalibrateTask; readonly onBegin: () => void },
): Promise<void> {
  const { job, stop, metrics, send, task } = options;
  await send({ type: 'phase', phase: 'checking' });
  const journal = await TestRecordJournal.of(job, 'calibration');
  const counts = findings.test_records;
  const remove = (ids: readonly string[], onDeleted: (count: number) => void): Promise<void> =>
    deleteAll(ids, {
      records,
      deleteWorkers,
      deleteBatchSize,
      // Also after Ctrl-C: until the time for what is on its way is over.
      stopping: stop.aborting,
      aborting: stop.aborting,
      onDeleted,
      onRetry: () => metrics.count('retries'),
    });
  const { ids: leftBehind } = await journal.leftBehind();
  await remove(leftBehind, () => undefined);
  if (leftBehind.length > 0) {
    const message = `${leftBehind.length} test records of a calibration that was killed are deleted; what it was just sending may be left`;
    void send({ type: 'notice', level: 'warn', message });
  }
  await journal.begin();
  const inserted: string[] = [];
  options.onAccounts({
    figures: () => ({ ...NOTHING_YET, read: counts.inserted, uploaded: counts.inserted }),
  });
  await send({ type: 'phase', phase: 'loading' });
  metrics.begin();
  options.onBegin();
  try {
    const shoot = testRequests(records, options, {
      onInserted: (ids) => {
        journal.inserted(ids);
        inserted.push(...ids);
        counts.inserted += ids.length;
        metrics.batchSettled('immediate', ids.length);
      },
      onUnaccounted: (some) => (counts.unaccounted += some),
    });
    findings.calibration = await new Calibrator({
      ...task,
      shoot,
      stopping: stop.stopping,
      clock: { ...realClock, now: () => performance.now() },
      onStep: (step) => findings.steps.push(step),
    }).calibrate();
  } finally {
    await journal.close();
    await send({ type: 'phase', phase: 'draining' });
    await remove(inserted, (some) => (counts.deleted += some));
    await journal.remove();
  }
}

/** Requests with test records that nobody has sent before. */
function testRequests(
  records: StoredRecords,
  { job, stop, task, metrics }: TaskOptions & { readonly task: CalibrateTask },
  on: {
    readonly onInserted: (ids: readonly string[]) => void;
    readonly onUnaccounted: (count: number) => void;
  },
): (batchSize: number) => Promise<Shot> {
  let sent = 0;
  return async (batchSize) => {
    if (sent + batchSize > task.maxRecords) return { kind: 'exhausted' };
    const numbers = Array.from({ length: batchSize }, (_, at) => sent + at);
    sent += batchSize;
    const values = numbers.map((number) => `calibration ${job.runId} ${number}`);
    const tokens = numbers.map((number) => `tok_calibration_${job.runId}_${number}`);
    // What is on its way at Ctrl-C is waited for: its records have to be deleted.
    const answer = await records.insert({ values, tokens }, { signal: stop.aborting });
    if (answer.kind === 'done') {
      on.onInserted(answer.value);
      return { kind: 'taken' };
    }
    switch (answer.verdict) {
      case 'throttled':
        metrics.count('throttled');
        return { kind: 'throttled', retryAfterMs: answer.retryAfterMs };
      case 'too_large':
        return { kind: 'too_large' };
      case 'accepted':
      case 'unavailable':
        on.onUnaccounted(batchSize);
        throw refusal('unavailable', `the vault does not answer test records: ${answer.message}`);
      case 'refused':
        throw refusal(
          'refused',
          `the vault refuses test records: ${answer.message}`,
          'Their values are plain text; a column that takes only values of another form cannot be calibrated.',
        );
      case 'unauthorized':
        throw refusal('unauthorized', `the credential was refused: ${answer.message}`);
      case 'denied':
        throw refusal(
          'forbidden',
          `the credential may not insert here: ${answer.message}`,
          'It needs insert and delete on this vault and table.',
        );
      default:
        return answer.verdict satisfies never;
    }
  };
}

function refusal(code: SuperviseError['code'], message: string, hint?: string): SuperviseError {
  return new SuperviseError(code, message, { hint });
}
