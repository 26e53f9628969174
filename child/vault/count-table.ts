import { openStoredRecords } from '../../src/vault/stored-records.js';
import type { TaskOptions } from '../task.js';
import { openJobCredential, recordsSettings } from './connect-vault.js';

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
