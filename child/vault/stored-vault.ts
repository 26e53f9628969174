import { dirname } from 'node:path';
import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { openRuns } from '../../src/journal/open-run-store.js';
import type { Lock } from '../../src/journal/lock.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { openStoredRecords, type StoredRecords } from '../../src/vault/stored-records.js';
import type { TaskOptions } from '../task.js';
import { loadTarget, openJobCredential, recordsSettings } from './connect-vault.js';

/** Uses the records of a job's table while nobody loads into it. Throws `locked` when somebody does. */
export async function withLockedRecords(
  { job, renewSecret }: Pick<TaskOptions, 'job' | 'renewSecret'>,
  { connections, signal }: { readonly connections: number; readonly signal: AbortSignal },
  use: (records: StoredRecords) => Promise<void>,
): Promise<void> {
  const lock = await lockLoads(job, signal);
  try {
    const records = await openRecords(job, renewSecret, connections);
    try {
      await use(records);
    } finally {
      await records.close();
    }
  } finally {
    await lock.release();
  }
}

async function lockLoads(job: VaultJob, signal: AbortSignal): Promise<Lock> {
  const { vault } = job;
  return openRuns(dirname(job.runDirectory)).lockTarget(loadTarget(job), job, {
    waitMs: 0,
    signal,
    describe: `vault ${vault.name} (${vault.id}, table ${vault.table})`,
  });
}

/** The records of a job's table, with the credential for loading. */
async function openRecords(
  job: VaultJob,
  renewSecret: TaskOptions['renewSecret'],
  connections: number,
): Promise<StoredRecords> {
  return openStoredRecords({
    ...recordsSettings(job),
    credential: openJobCredential(job.connection.credential, job, renewSecret),
    connections,
  });
}

/** The same, with every request in the metrics. */
export function observed(records: StoredRecords, { metrics }: TaskOptions): StoredRecords {
  const timed = async <T extends { readonly kind: string }>(request: Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    metrics.requestStarted();
    try {
      const answer = await request;
      metrics.requestEnded(performance.now() - startedMs);
      return answer;
    } catch (error) {
      metrics.requestEnded();
      throw error;
    }
  };
  return {
    ...records,
    count: (asked) => timed(records.count(asked)),
    page: (offset, asked) => timed(records.page(offset, asked)),
    insert: (pairs, asked) => timed(records.insert(pairs, asked)),
    remove: (ids, asked) => timed(records.remove(ids, asked)),
  };
}

/** An error's facts, with the vault's name in front. */
export function withVault(thrown: unknown, { vault }: VaultJob): ReturnType<typeof errorFacts> {
  const facts = errorFacts(thrown);
  return thrown instanceof SuperviseError && !facts.message.startsWith('vault ')
    ? { ...facts, message: `vault ${vault.name}: ${facts.message}` }
    : facts;
}

/** Longer than a count may take: nobody waits with a load for it. */
const patienceMs = 10_000;

/**
 * How many records a job's table holds, by one query; undefined where the vault does not say so in time: not every
 * credential may query, and a large table may take long to count.
 */
export async function countTable({
  job,
  stop,
  renewSecret,
}: Pick<TaskOptions, 'job' | 'stop' | 'renewSecret'>): Promise<number | undefined> {
  const { connection } = job;
  const signal = AbortSignal.any([stop.stopping, AbortSignal.timeout(patienceMs)]);
  try {
    const records = await openStoredRecords({
      ...recordsSettings(job),
      credential: openJobCredential(connection.lookupCredential ?? connection.credential, job, renewSecret),
      connections: 1,
      requestTimeoutMs: patienceMs,
    });
    try {
      const answer = await records.count({ signal });
      return answer.kind === 'done' ? answer.value : undefined;
    } finally {
      await records.close();
    }
  } catch {
    return undefined;
  }
}
