import type { VaultJob } from '../src/protocol/messages.js';
import { createVaultClient } from '../src/vault/create-vault-client.js';
import type { Credential } from '../src/vault/credential.js';
import type { ConnectionSettings } from '../src/vault/dispatcher.js';
import { openCredential, type CredentialOrigin } from '../src/vault/open-credential.js';
import type { VaultClient } from '../src/vault/vault-client.js';

export interface VaultConnection {
  readonly client: VaultClient;
  readonly credential: Credential;
}

/** The client of a job's vault, with a pool of its own and as many connections as workers. */
export async function connectVault(job: VaultJob): Promise<VaultConnection> {
  const { connection, vault } = job;
  const settings: ConnectionSettings = {
    httpVersion: connection.httpVersion,
    caFile: connection.caFile,
    proxy: connection.proxy,
    connectTimeoutMs: connection.connectTimeoutMs,
    headersTimeoutMs: connection.headersTimeoutMs,
    bodyTimeoutMs: connection.bodyTimeoutMs,
  };
  const open = (from: CredentialOrigin): Credential =>
    openCredential(from, settings, connection.requestTimeoutMs);
  const credential = open(connection.credential);
  const client = await createVaultClient({
    ...settings,
    vaultUrl: connection.vaultUrl,
    vaultId: vault.id,
    table: vault.table,
    column: vault.column,
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
