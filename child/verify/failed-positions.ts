import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { LedgerReading } from '../../src/journal/ledger-reading.js';
import { RangeSet } from '../../src/record/range-set.js';

/**
 * The positions that a run has given up, from the vault's error log as far as the journal has settled it. Throws a
 * SuperviseError `storage` when the log does not have as many as the journal.
 */
export async function readFailedPositions(
  { header, totals, errors }: LedgerReading,
  signal: AbortSignal,
): Promise<RangeSet> {
  const failed = new RangeSet();
  if (totals.failed === 0 || errors === undefined) return failed;
  // As they stand there: positions are in clear, whatever becomes of values and tokens.
  for await (const { raw } of errors.entries(signal)) {
    for (const { Position: position } of raw.records) {
      if (position !== undefined) failed.add({ start: position, end: position + 1 });
    }
  }
  if (failed.size === totals.failed) return failed;
  throw new SuperviseError(
    'storage',
    `vault ${header.vaultName}: ${errors.place} has the positions of ${failed.size} failed records, the journal ${totals.failed}`,
    {
      hint: 'Without them nobody can tell which records the vault is to hold: restore the file from a copy.',
    },
  );
}
