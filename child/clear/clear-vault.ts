import type { ClearFindings, Task } from '../../src/protocol/task.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { StoredRecords } from '../../src/vault/stored-records.js';
import { observed, withLockedRecords, withVault } from '../vault/stored-vault.js';
import { deletePages, accepted } from './delete-pages.js';
import type { TaskOptions } from '../task.js';
import { patiently } from './patiently.js';
import type { TaskResult } from '../task.js';

type ClearTask = Extract<Task, { kind: 'clear' }>;

/**
 * Deletes the records of a vault's table: all at one request where the vault takes that and no number is given, else,
 * and to be sure, page by page. It holds the lock of loads meanwhile. Never rejects: what stops it is in the result.
 */
export async function clearVault(options: TaskOptions, task: ClearTask): Promise<TaskResult> {
  const { job, stop } = options;
  const findings: ClearFindings = {
    kind: 'clear',
    deleted: 0,
    at_once: false,
    vault_count: { before: null, after: null },
  };
  const progress = { hasBegun: false };
  try {
    const connections = Math.max(task.fetchWorkers, task.deleteWorkers);
    await withLockedRecords(options, { connections, signal: stop.stopping }, (records) =>
      clearTable(records, findings, { ...options, task, onBegin: () => (progress.hasBegun = true) }),
    );
    return { status: 'complete', errorLog: undefined, error: undefined, findings };
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    return {
      status: progress.hasBegun ? (interrupted ? 'interrupted' : 'incomplete') : 'not_started',
      errorLog: undefined,
      error: interrupted ? undefined : withVault(thrown, job),
      findings,
    };
  }
}

async function clearTable(
  stored: StoredRecords,
  findings: ClearFindings,
  options: TaskOptions & { readonly task: ClearTask; readonly onBegin: () => void },
): Promise<void> {
  const { stop, metrics, send, task } = options;
  await send({ type: 'phase', phase: 'checking' });
  const records = observed(stored, options);
  const count = async (): Promise<number | null> => {
    const answer = await stored.count({ signal: stop.stopping });
    return answer.kind === 'done' ? answer.value : null;
  };
  const { vault_count: vaultCount } = findings;
  vaultCount.before = await count();
  let deleted = 0;
  options.onAccounts({
    figures: () => {
      const total = Math.min(vaultCount.before ?? Infinity, task.maxRecords ?? Infinity);
      return {
        ...NOTHING_YET,
        rows_total: total === Infinity ? null : Math.max(total, deleted),
        read: deleted,
        uploaded: deleted,
      };
    },
  });
  await send({ type: 'phase', phase: 'loading' });
  metrics.begin();
  options.onBegin();
  const onRetry = (message: string, delayMs: number): void => {
    metrics.count('retries');
    void send({ type: 'notice', level: 'warn', message: `${message}; again in ${delayMs / 1000} s` });
  };
  const onDeleted = (some: number): void => {
    deleted += some;
    if (findings.deleted !== null) findings.deleted = deleted;
    metrics.batchSettled('immediate', some);
  };
  if (task.maxRecords === undefined && vaultCount.before !== 0) {
    const answer = await patiently(() => records.remove('all', { signal: stop.aborting }), {
      signal: stop.stopping,
      onRetry,
    });
    if (answer.kind === 'done') {
      findings.at_once = true;
      if (vaultCount.before === null) findings.deleted = null;
      else onDeleted(vaultCount.before);
    } else if (answer.status === 401) accepted(answer, 'delete');
    else {
      const message = `the vault does not delete all records at once (${answer.message}): page by page then`;
      void send({ type: 'notice', level: 'info', message });
    }
  }
  await deletePages({
    ...task,
    records,
    maxRecords: task.maxRecords ?? Infinity,
    stopping: stop.stopping,
    aborting: stop.aborting,
    onDeleted,
    onRetry,
  });
  vaultCount.after = await count();
  // What a vault deletes at once may still have been seen, and deleted, page by page.
  if (findings.at_once && vaultCount.before !== null && vaultCount.after !== null) {
    findings.deleted = Math.max(0, vaultCount.before - vaultCount.after);
  }
}
