import type { Settings } from '../../../src/config/configuration.js';
import type { InputSize } from '../../../src/source/source-kind.js';

const mebibyte = 2 ** 20;
/** run.json, status.json, summary.json, and run.log with its rotated parts. */
const besidesBytes = 10 * mebibyte;
/** A journal, at most. */
const journalBytesPerRow = 1;
const usualPairBytes = 100;
/** Of an entry in an error log, beside value and token. */
const entryBytes = 500;

/**
 * What a run needs on disk: journals and small files in any case, and at worst an error log of `max_errors` records for
 * every vault, twice, because a merged one is made of them. Rows that nobody counted are taken to be `max_records`.
 */
export function diskNeedBytes(
  inputs: readonly InputSize[],
  { max_records: maxRecords, max_errors: maxErrors }: Settings['performance'],
): { readonly expectedBytes: number; readonly worstBytes: number } {
  let expectedBytes = besidesBytes;
  let errorBytes = 0;
  const limit = maxRecords === 0 ? Infinity : maxRecords;
  for (const { rows: counted, bytes } of inputs) {
    const guessed = bytes === 0 ? limit : Math.ceil(bytes / usualPairBytes);
    const rows = Math.min(counted ?? guessed, limit);
    const pairBytes = counted === undefined || counted === 0 ? usualPairBytes : bytes / counted;
    // A query without a limit has as many rows as it has; its failures are bounded all the same.
    const knownRows = rows === Infinity ? 0 : rows;
    const failed =
      typeof maxErrors === 'number' ? maxErrors : (knownRows * Number.parseFloat(maxErrors)) / 100;
    expectedBytes += knownRows * journalBytesPerRow;
    errorBytes += Math.min(rows, failed) * (2 * pairBytes + entryBytes);
  }
  return { expectedBytes, worstBytes: expectedBytes + 2 * errorBytes };
}
