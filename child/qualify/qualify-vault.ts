import { SuperviseError } from '../../src/errors/supervise-error.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { QualificationFindings, Task } from '../../src/protocol/task.js';
import type { StoredRecords } from '../../src/vault/stored-records.js';
import { TestRecordJournal } from '../calibrate/test-record-journal.js';
import { deleteAll } from '../clear/delete-pages.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { openJobCredential } from '../vault/connect-vault.js';
import { withLockedRecords, withVault } from '../vault/stored-vault.js';
import { experiments, keepsTokens } from './experiments.js';
import { TestVault } from './test-vault.js';

type QualifyTask = Extract<Task, { kind: 'qualify' }>;

/**
 * Asks a test vault what nothing public says, one experiment after the other, with test records of its own that are deleted
 * again; what is left is counted. How many it has made is on disk before they are sent, and their ids before the next
 * request: what one that was killed has left is found, deleted and told first.
 * It holds the lock of loads. Never rejects: what stops it is in the result.
 */
export async function qualifyVault(options: TaskOptions, task: QualifyTask): Promise<TaskResult> {
  const { job, stop } = options;
  const findings: QualificationFindings = {
    kind: 'qualify',
    facts: [],
    test_records: { inserted: 0, deleted: 0, unaccounted: 0 },
    left_behind: { deleted: 0, unaccounted: 0 },
  };
  try {
    await withLockedRecords(options, { connections: 4, signal: stop.stopping }, (records) =>
      qualify(records, findings, options, task),
    );
    const { inserted, deleted, unaccounted } = findings.test_records;
    const isLeft = deleted < inserted || unaccounted > 0 || findings.left_behind.unaccounted > 0;
    return { status: isLeft ? 'incomplete' : 'complete', errorLog: undefined, error: undefined, findings };
  } catch (thrown) {
    const isInterrupted = stop.reason?.code === 'interrupted';
    const status = isInterrupted ? 'interrupted' : findings.facts.length === 0 ? 'not_started' : 'incomplete';
    return { status, errorLog: undefined, error: withVault(thrown, job), findings };
  }
}

async function qualify(
  records: StoredRecords,
  findings: QualificationFindings,
  { job, stop, send, metrics, onAccounts, renewSecret }: TaskOptions,
  task: QualifyTask,
): Promise<void> {
  await send({ type: 'phase', phase: 'checking' });
  const journal = await TestRecordJournal.of(job, 'qualification');
  const remove = (ids: readonly string[], onDeleted: (count: number) => void): Promise<void> =>
    deleteAll(ids, {
      ...{ records, deleteWorkers: 4, deleteBatchSize: 100, onDeleted },
      ...{ stopping: stop.aborting, aborting: stop.aborting },
      onRetry: () => metrics.count('retries'),
    });
  const credential = openJobCredential(job.connection.credential, job, renewSecret);
  const leftBehind = await journal.leftBehind();
  const left = findings.left_behind;
  await remove(leftBehind.ids, (some) => (left.deleted += some));
  if (leftBehind.made.size > 0) {
    // Of these nobody knows the ids, since their answers came to nobody.
    const found: string[] = [];
    const former = new TestVault({
      ...{ job, credential, signal: stop.aborting },
      onIds: (ids) => found.push(...ids),
    });
    try {
      for (const [runId, made] of leftBehind.made) former.adopt(runId, made);
      await former.account();
    } finally {
      await former.close();
    }
    await remove(found, (some) => (left.deleted += some));
    left.unaccounted = former.unaccounted.size;
  }
  await journal.begin();
  const counts = findings.test_records;
  const ids = new Set<string>();
  onAccounts({ figures: () => ({ ...NOTHING_YET, read: ids.size, uploaded: ids.size }) });
  await send({ type: 'phase', phase: 'loading' });
  metrics.begin();
  const vault = new TestVault({
    ...{ job, credential, signal: stop.aborting },
    onMade: (made) => journal.made(made),
    onIds: (found) => {
      const fresh = found.filter((id) => !ids.has(id));
      for (const id of fresh) ids.add(id);
      journal.inserted(fresh);
      counts.inserted = ids.size;
    },
  });
  try {
    for (const { question, run } of task.only === 'tokens' ? [keepsTokens] : experiments) {
      stop.stopping.throwIfAborted();
      const fact = await run(vault, { pollMs: task.pollMs, signal: stop.stopping });
      findings.facts.push({ question, ...fact });
      if (findings.facts.length === 1 && ids.size === 0 && vault.unaccounted.size === 0)
        throw new SuperviseError('refused', `the vault takes no test record: ${fact.answer}`, {
          hint: 'Check with `check`. Values are plain text; a column that takes values of another form alone cannot be asked.',
        });
    }
  } finally {
    await send({ type: 'phase', phase: 'draining' });
    await vault.account().catch(() => undefined);
    counts.unaccounted = vault.unaccounted.size;
    await journal.close();
    await remove([...ids], (some) => (counts.deleted += some));
    if (counts.deleted === counts.inserted && counts.unaccounted === 0) await journal.remove();
    await vault.close();
  }
}
