import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { LedgerReading } from '../../src/journal/read-ledger.js';
import { readErrorLog } from '../../src/journal/read-error-log.js';
import { RangeSet } from '../../src/record/range-set.js';

/**
 * The positions that a run has given up, from the vault's error log as far as the journal has settled it. Throws a
 * SuperviseError `storage` when the log does not have as many as the journal.
 */
export async function readFailedPositions(
  { header, totals, errorLogFile, errorLogBytes }: LedgerReading,
  signal: AbortSignal,
): Promise<RangeSet> {
  const failed = new RangeSet();
  if (totals.failed === 0 || errorLogFile === undefined) return failed;
  // As they stand there: positions are in clear, whatever becomes of values and tokens.
  const { rawEntries } = await readErrorLog(errorLogFile, { signal, settledBytes: errorLogBytes });
  for await (const { raw } of rawEntries) {
    for (const { Position: position } of raw.records) {
      if (position !== undefined) failed.add({ start: position, end: position + 1 });
    }
  }
  if (failed.size === totals.failed) return failed;
  throw new SuperviseError(
    'storage',
    `vault ${header.vaultName}: ${errorLogFile} has the positions of ${failed.size} failed records, the journal ${totals.failed}`,
    {
      hint: 'Without them nobody can tell which records the vault is to hold: restore the file from a copy.',
    },
  );
}
