import type { VaultTable } from '../../src/journal/load-lock.js';
import type { CredentialJob, VaultJob } from '../../src/protocol/messages.js';
import { createVaultClient } from '../../src/vault/create-vault-client.js';
import type { Credential } from '../../src/vault/credential/credential.js';
import { connectionSettings } from '../../src/vault/dispatcher.js';
import type { StoredRecordsOptions } from '../../src/vault/stored-records.js';
import { openCredential } from '../../src/vault/credential/open-credential.js';
import type { VaultClient } from '../../src/vault/vault-client.js';
import type { TaskOptions } from '../task.js';

export interface VaultConnection {
  readonly client: VaultClient;
  readonly credential: Credential;
  /** For looking records up, where it is another one. */
  readonly lookupCredential: Credential | undefined;
}

/** The client of a job's vault, with a pool of its own and as many connections as workers. */
export async function connectVault(
  job: VaultJob,
  renewSecret: TaskOptions['renewSecret'],
): Promise<VaultConnection> {
  const { connection, skyflow, performance } = job;
  const open = (from: CredentialJob): Credential => openJobCredential(from, job, renewSecret);
  const credential = open(connection.credential);
  const lookupCredential = connection.lookupCredential && open(connection.lookupCredential);
  const client = await createVaultClient({
    ...recordsSettings(job),
    lookup: skyflow.lookup,
    upsert: skyflow.upsert,
    recordIds: skyflow.record_ids,
    connections: performance.max_concurrency,
    credential,
    lookupCredential,
  });
  return { client, credential, lookupCredential };
}

/** A credential of a job; one that a command gives is asked for anew when it is refused. */
export function openJobCredential(
  from: CredentialJob,
  job: VaultJob,
  renewSecret: TaskOptions['renewSecret'],
): Credential {
  const renewable = 'renewable' in from ? from.renewable : undefined;
  const anew =
    renewable && ((refused: string, signal: AbortSignal) => renewSecret(renewable, refused, signal));
  return openCredential(from, connectionSettings(job, job.connection.proxy), {
    requestTimeoutMs: job.performance.request_timeout_ms,
    anew,
  });
}

/** The table that a job is for: who loads it keeps others from loading it. */
export function loadTarget({ skyflow, vault }: VaultJob): VaultTable {
  return { vaultUrl: skyflow.vault_url, vaultId: vault.id, table: vault.table };
}

/** How a job's table is reached, and what its requests are like. */
export function recordsSettings(job: VaultJob): Omit<StoredRecordsOptions, 'credential' | 'connections'> {
  const { wire, wireSettings } = job.connection;
  return {
    ...connectionSettings(job, job.connection.proxy),
    ...loadTarget(job),
    wire,
    wireSettings,
    column: job.vault.column,
    byot: job.skyflow.byot,
    requestTimeoutMs: job.performance.request_timeout_ms,
  };
}
