import type { VaultSettings } from '../../../src/config/configuration.js';
import { MultisetDigest } from '../../../src/sandbox/multiset-digest.js';
import { openVaultFiles } from '../../../src/source/csv/open-vault-files.js';
import { vaultDigest } from './vault-digest.js';

export interface VaultProof {
  readonly name: string;
  readonly records: number;
  readonly recordsInVault: number;
  /** The sandbox holds exactly the pairs of the files: none missing, none doubled, none foreign. */
  readonly holds: boolean;
}

/** Compares the pairs of a vault's files with what the sandbox holds, as multisets, by an order-independent digest. */
export async function proveLoad(
  vault: VaultSettings,
  controlUrl: string,
  signal: AbortSignal,
): Promise<VaultProof> {
  const source = openVaultFiles(vault.name, { files: vault.csv, precount: false });
  const expected = new MultisetDigest();
  const cursor = await source.open(signal);
  try {
    for (let from = 0; ;) {
      const batch = await cursor.read({ start: from, end: Infinity }, 10_000);
      if (batch === undefined) break;
      batch.values.forEach((value, at) => expected.add(value, batch.tokens[at] ?? ''));
      from = batch.end;
    }
  } finally {
    await cursor.close();
  }
  const found = await vaultDigest(controlUrl, vault, signal);
  return {
    name: vault.name,
    records: expected.count,
    recordsInVault: found.count,
    holds: found.count === expected.count && found.digest === expected.hex(),
  };
}
