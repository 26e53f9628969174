import type { VaultSettings } from '../../../src/config/configuration.js';
import { MultisetDigest } from '../../../src/sandbox/multiset-digest.js';
import { openVaultFiles } from '../../../src/source/csv/csv-source.js';
import { vaultDigest } from './vault-digest.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import { type TextStyle, paint, symbolsOf } from '../../../src/report/text-style.js';

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

/** The last lines of a demo: what each vault holds, and what came of what was killed. */
export function renderProof(
  proofs: readonly VaultProof[],
  killed: string | undefined,
  style: TextStyle,
): string {
  const symbols = symbolsOf(style);
  const good = paint(style, 'good', symbols.good);
  const lines = proofs.map(({ name, records, recordsInVault, holds }) =>
    holds
      ? `${good} ${name}: the sandbox holds exactly the ${formatCount(records)} pairs of the CSV files`
      : `${paint(style, 'bad', symbols.bad)} ${name}: the sandbox holds ${formatCount(recordsInVault)} records, and not the ${formatCount(records)} pairs of the CSV files`,
  );
  if (killed !== undefined && proofs.every(({ holds }) => holds))
    lines.push(`${good} ${killed} was killed with -9 midway: 0 records lost, 0 doubled`);
  return `\nPROOF (every pair of value and token compared):\n${lines.join('\n')}\n`;
}
