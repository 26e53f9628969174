import type { CredentialJob, VaultJob } from '../../src/protocol/messages.js';
import { createVaultClient } from '../../src/vault/create-vault-client.js';
import type { Credential } from '../../src/vault/credential.js';
import type { ConnectionSettings } from '../../src/vault/dispatcher.js';
import { openCredential } from '../../src/vault/open-credential.js';
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
  const { connection, vault } = job;
  const settings = connectionSettings(job);
  const open = (from: CredentialJob): Credential => openJobCredential(from, job, renewSecret);
  const credential = open(connection.credential);
  const lookupCredential = connection.lookupCredential && open(connection.lookupCredential);
  const client = await createVaultClient({
    ...settings,
    vaultUrl: connection.vaultUrl,
    vaultId: vault.id,
    table: vault.table,
    column: vault.column,
    lookup: connection.lookup,
    byot: connection.byot,
    upsert: connection.upsert,
    recordIds: connection.recordIds,
    wire: connection.wire,
    flow: connection.flow,
    connections: job.delivery.concurrency,
    requestTimeoutMs: connection.requestTimeoutMs,
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
  return openCredential(from, connectionSettings(job), {
    requestTimeoutMs: job.connection.requestTimeoutMs,
    anew,
  });
}

/** How connections to a job's vault are made. */
export function connectionSettings({ connection }: Pick<VaultJob, 'connection'>): ConnectionSettings {
  const { httpVersion, caFile, allowedHosts, proxy } = connection;
  const { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = connection;
  return { httpVersion, caFile, allowedHosts, proxy, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs };
}
