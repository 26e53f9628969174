import { formatCount } from '../../../src/report/format-numbers.js';
import { paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { VaultProof } from './prove-load.js';

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
  return `\nPROOF (multisets of value and token compared):\n${lines.join('\n')}\n`;
}
