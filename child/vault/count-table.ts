import type { VaultJob } from '../../src/protocol/messages.js';
import { openCredential } from '../../src/vault/open-credential.js';
import { openStoredRecords } from '../../src/vault/stored-records.js';
import { connectionSettings } from './connect-vault.js';

/** Longer than a count may take: nobody waits with a load for it. */
const patienceMs = 10_000;

/**
 * How many records a job's table holds, by one query; undefined where the vault does not say so in time: not every
 * credential may query, and a large table may take long to count.
 */
export async function countTable(job: VaultJob, stopping: AbortSignal): Promise<number | undefined> {
  const { connection, vault } = job;
  const settings = connectionSettings(job);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(patienceMs)]);
  try {
    const records = await openStoredRecords({
      ...settings,
      vaultUrl: connection.vaultUrl,
      vaultId: vault.id,
      table: vault.table,
      credential: openCredential(
        connection.lookupCredential ?? connection.credential,
        settings,
        connection.requestTimeoutMs,
      ),
      byot: connection.byot,
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
