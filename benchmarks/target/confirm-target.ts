import { createInterface } from 'node:readline/promises';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { formatCount } from '../../src/report/format-numbers.js';
import type { VaultTarget } from './vault-target.js';

export interface TargetConfirmation {
  readonly target: VaultTarget;
  /** How many loads there will be, and records for each vault in all of them. */
  readonly loads: number;
  readonly recordsPerVault: number;
  /** Whether `--yes` was given. */
  readonly yes: boolean;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Says what will be put into which vaults, and has the id of each typed, unless `--yes`. Throws `usage` when the
 * answer is another one, or when nobody can be asked.
 */
export async function confirmTarget(confirmation: TargetConfirmation): Promise<void> {
  const { target, loads, recordsPerVault, yes, progress, signal } = confirmation;
  progress(`This puts ${formatCount(recordsPerVault)} test records, in ${loads} loads, into each of:`);
  for (const { name, id } of target.vaults) {
    progress(`  ${name}: table ${target.tables.get(name) ?? ''} of vault ${id}`);
  }
  progress(`at ${target.vaultUrl}. They stay there until you delete them.`);
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new SuperviseError('usage', 'nobody can be asked whether these vaults may be loaded', {
      hint: 'Give --yes when they may.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C at the question is a signal like any other.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    for (const { name, id } of target.vaults) {
      const answer = await terminal.question(`Type the id of ${name} to go on: `, { signal });
      if (answer.trim() === id) continue;
      throw new SuperviseError('usage', `that is not the id of ${name}: nothing was sent`);
    }
  } finally {
    terminal.close();
  }
}
