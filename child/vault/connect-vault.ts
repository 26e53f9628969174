import type { VaultJob } from '../../src/protocol/messages.js';
import { createVaultClient } from '../../src/vault/create-vault-client.js';
import type { Credential } from '../../src/vault/credential.js';
import type { ConnectionSettings } from '../../src/vault/dispatcher.js';
import { openCredential, type CredentialOrigin } from '../../src/vault/open-credential.js';
import type { VaultClient } from '../../src/vault/vault-client.js';

export interface VaultConnection {
  readonly client: VaultClient;
  readonly credential: Credential;
}

/** The client of a job's vault, with a pool of its own and as many connections as workers. */
export async function connectVault(job: VaultJob): Promise<VaultConnection> {
  const { connection, vault } = job;
  const settings = connectionSettings(job);
  const open = (from: CredentialOrigin): Credential =>
    openCredential(from, settings, connection.requestTimeoutMs);
  const credential = open(connection.credential);
  const client = await createVaultClient({
    ...settings,
    vaultUrl: connection.vaultUrl,
    vaultId: vault.id,
    table: vault.table,
    column: vault.column,
    lookup: connection.lookup,
    byot: connection.byot,
    upsert: connection.upsert,
    wire: connection.wire,
    connections: job.delivery.concurrency,
    requestTimeoutMs: connection.requestTimeoutMs,
    credential,
    lookupCredential: connection.lookupCredential && open(connection.lookupCredential),
  });
  return { client, credential };
}

/** How connections to a job's vault are made. */
export function connectionSettings({ connection }: Pick<VaultJob, 'connection'>): ConnectionSettings {
  const { httpVersion, caFile, allowedHosts, proxy } = connection;
  const { connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs } = connection;
  return { httpVersion, caFile, allowedHosts, proxy, connectTimeoutMs, headersTimeoutMs, bodyTimeoutMs };
}
