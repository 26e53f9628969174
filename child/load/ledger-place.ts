import { dirname } from 'node:path';
import type { JournalStore } from '../../src/journal/journal-store.js';
import { mayBeSo, openRunStore, openRuns } from '../../src/journal/open-run-store.js';
import type { ShardJob } from '../../src/protocol/messages.js';
import { openSharedTable, type SharedPace, type SharedTurns } from '../pace/shared-pace.js';
import type { TaskOptions } from '../task.js';
import { loadTarget } from '../vault/connect-vault.js';

/** Where the ledger of a job is, and what keeps others from loading the same. */
export interface LedgerPlace {
  readonly journal: JournalStore;
  /** What is shared with all who use the vault's table, and with those who load other parts of it; undefined: nobody does. */
  readonly pace: SharedPace | undefined;
  readonly turns: SharedTurns | undefined;
  /** Behind the journal's own closing. */
  release(): Promise<void>;
}

/** How long a restart waits for the process before it, which may still be draining. */
const lockWaitMs = 15_000;

/**
 * In the run directory, with the host's lock of the table (of a shard: with one of its own beside it); or a shard of a store,
 * whose epoch is the lock.
 */
export async function openLedgerPlace(options: TaskOptions): Promise<LedgerPlace> {
  const { shard } = options.job;
  if (shard?.store === undefined) return openInRunDirectory(options, shard);
  // The driver of the database is loaded by nobody else.
  const { openShardPlace } = await import('./shard-place.js');
  return openShardPlace(options, shard, shard.store);
}

async function openInRunDirectory(
  { job, stop, send }: TaskOptions,
  shard: ShardJob | undefined,
): Promise<LedgerPlace> {
  // An own process that is still draining is waited for; any other load would insert what this one inserts.
  const store = openRunStore(job.runDirectory);
  const isContinued = await mayBeSo(store, job.vault.name, (ledger) => ledger !== undefined);
  const lock = await openRuns(dirname(job.runDirectory)).lockTarget(loadTarget(job), job, {
    waitMs: isContinued ? lockWaitMs : 0,
    signal: stop.stopping,
    describe: `vault ${job.vault.name} (${job.vault.id}, table ${job.vault.table})`,
    onPassedOver: (message) => void send({ type: 'notice', level: 'warn', message }),
    ...(shard === undefined ? {} : { lane: { index: shard.shard, supervisorPid: process.ppid } }),
  });
  let pace: Awaited<ReturnType<typeof openSharedTable>>;
  const release = async (): Promise<void> => {
    await pace?.close();
    await lock.release();
  };
  try {
    const asking = {
      ...{ lockWaitMs, signal: stop.stopping },
      ...(shard === undefined ? {} : { shard: { index: shard.shard, start: shard.start, end: shard.end } }),
    };
    pace = await openSharedTable(job);
    const journal = await store.openJournal(job.vault.name, asking);
    return { journal, pace, turns: undefined, release };
  } catch (error) {
    await release();
    throw error;
  }
}
