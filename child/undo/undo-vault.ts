import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { Task, UndoFindings } from '../../src/protocol/task.js';
import { idFiles, idSeal, readIdBlocks, countIds } from '../../src/undo/id-file.js';
import { UndoProgress } from '../../src/undo/undo-progress.js';
import type { StoredRecords } from '../../src/vault/stored-records.js';
import { deleteAll } from '../clear/delete-pages.js';
import { openGate } from '../pace/open-gate.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { observed, withLockedRecords, withVault } from '../vault/stored-vault.js';

type UndoTask = Extract<Task, { kind: 'undo' }>;

/** Ids that are deleted between two lines of the progress. */
const chunkIds = 1_000;

/**
 * Deletes the records of a run that it has kept the ids of, and nothing else, at the job's pace, going on where an earlier
 * undo ended. It holds the lock of loads meanwhile. Never rejects: what stops it is in the result.
 */
export async function undoVault(options: TaskOptions, task: UndoTask): Promise<TaskResult> {
  const { job, stop, metrics, send, onAccounts } = options;
  const { runDirectory, runId: run, vault } = job;
  let findings: UndoFindings | undefined;
  try {
    await send({ type: 'phase', phase: 'checking' });
    const seal = await idSeal(job.stateFolder, { run, vaultId: vault.id, table: vault.table });
    const { ids } = await countIds(runDirectory, vault.name, seal);
    const connections = { connections: job.performance.max_concurrency, signal: stop.stopping };
    await withLockedRecords(options, connections, async (stored) => {
      const records = paced(observed(stored, options), options);
      const before = await countOf(records, options);
      const progress = await UndoProgress.open(runDirectory, { run, vault: vault.name });
      const describe = (after: number | null): UndoFindings => ({
        kind: 'undo',
        ids,
        deleted: progress.deleted,
        gone: progress.gone,
        vault_count: { before, after },
      });
      onAccounts({
        figures: () => {
          const read = progress.deleted + progress.gone;
          return { ...NOTHING_YET, rows_total: ids, read, uploaded: read, unsettled: ids - read };
        },
      });
      try {
        await send({ type: 'phase', phase: 'loading' });
        metrics.begin();
        await deleteEverything(records, { progress, seal }, options, task);
        progress.end(task.withoutId[vault.name] ?? 0);
        findings = describe(await countOf(records, options));
      } finally {
        findings ??= describe(null);
        await progress.close();
      }
    });
    return { status: 'complete', errorLog: undefined, error: undefined, findings };
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    const begun = findings === undefined ? 'not_started' : 'incomplete';
    return {
      status: interrupted ? 'interrupted' : begun,
      errorLog: undefined,
      error: interrupted ? undefined : withVault(stop.reason ?? thrown, job),
      findings,
    };
  }
}

async function deleteEverything(
  records: StoredRecords,
  { progress, seal }: { readonly progress: UndoProgress; readonly seal: Buffer },
  { job, stop, send, metrics }: TaskOptions,
  { deleteBatchSize }: UndoTask,
): Promise<void> {
  const remove = async (file: string, to: number, ids: readonly string[]): Promise<void> => {
    let [deleted, gone] = [0, 0];
    await deleteAll(ids, {
      records,
      deleteWorkers: job.performance.max_concurrency,
      deleteBatchSize,
      stopping: stop.stopping,
      aborting: stop.aborting,
      onDeleted: (count) => (deleted += count),
      onGone: (count) => (gone += count),
      onRetry: (message, delayMs) =>
        void send({ type: 'notice', level: 'warn', message: `${message}; again in ${delayMs / 1000} s` }),
    });
    progress.add(file, to, { deleted, gone });
    metrics.batchSettled('immediate', ids.length);
  };
  for (const file of await idFiles(job.runDirectory, job.vault.name)) {
    let chunk: string[] = [];
    let to = progress.doneTo(file);
    for await (const { ids, endBytes } of readIdBlocks(file, seal, to)) {
      chunk.push(...ids.values());
      to = endBytes;
      if (chunk.length < chunkIds) continue;
      await remove(file, to, chunk);
      chunk = [];
    }
    if (chunk.length > 0) await remove(file, to, chunk);
  }
}

/** Each request at the pace of the job, which can be steered. */
function paced(records: StoredRecords, options: TaskOptions): StoredRecords {
  const gate = openGate(options, { answerToken: () => undefined });
  const { stop } = options;
  return {
    ...records,
    async remove(ids, asked) {
      const permit = await gate.enter({ records: ids.length, bytes: 0 }, stop.stopping);
      try {
        const answer = await records.remove(ids, asked);
        if (answer.kind === 'done') permit.succeeded();
        else if (answer.verdict === 'throttled') permit.throttled(answer.retryAfterMs);
        return answer;
      } finally {
        permit.leave();
      }
    },
  };
}

async function countOf(records: StoredRecords, { stop }: TaskOptions): Promise<number | null> {
  const answer = await records.count({ signal: stop.stopping }).catch(() => undefined);
  return answer?.kind === 'done' ? answer.value : null;
}
