import type { TestContext } from 'node:test';
import type { VaultSandboxOptions } from '../../src/sandbox/options.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { createVaultClient, type VaultClientOptions } from '../../src/vault/create-vault-client.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { openStoredRecords, type StoredRecords } from '../../src/vault/stored-records.js';
import type { InsertAnswer, VaultClient } from '../../src/vault/vault-client.js';
import type { WireName } from '../../src/vault/wires.js';

export const signal = new AbortController().signal;

interface Vault {
  readonly client: VaultClient;
  readonly stored: StoredRecords;
  readonly insert: (pairs: readonly (readonly [value: string, token: string])[]) => Promise<InsertAnswer>;
}

export async function vaultOf(
  t: TestContext,
  wire: WireName,
  options: VaultSandboxOptions = {},
  own: Partial<VaultClientOptions> = {},
): Promise<Vault> {
  const sandbox = await startVaultSandbox({ uniqueColumns: ['name'], poison: ['BAD'], ...options });
  const settings = {
    ...{ vaultUrl: sandbox.url, vaultId: 'v1', table: 'people', column: 'name', byot: 'ENABLE' as const },
    ...{ upsert: false, wire, connections: 2, httpVersion: '1.1' as const, proxy: {} },
    ...{ requestTimeoutMs: 20_000, connectTimeoutMs: 10_000, credential: new StaticCredential('any') },
    ...own,
  };
  const client = await createVaultClient(settings);
  const stored = await openStoredRecords(settings);
  t.after(async () => {
    await Promise.all([client.close(), stored.close()]);
    await sandbox.close();
  });
  return {
    client,
    stored,
    async insert(pairs) {
      const records = { values: pairs.map(([value]) => value), tokens: pairs.map(([, token]) => token) };
      return (await client.insert(client.encode(records), { signal })).answer;
    },
  };
}

export const verdicts = (answer: InsertAnswer): unknown =>
  answer.kind === 'judged'
    ? {
        failed: answer.failures.map(({ index }) => index),
        doubtful: answer.doubtful,
        mismatched: answer.mismatched,
      }
    : answer.kind;
export const CLEAN = { failed: [], doubtful: [], mismatched: [] };
