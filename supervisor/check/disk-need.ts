import type { Settings } from '../../src/config/configuration.js';
import type { InputSize } from './check-csv.js';

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
  for (const { rows: counted, bytes } of inputs) {
    const limit = maxRecords === 0 ? Infinity : maxRecords;
    const known = counted ?? (limit === Infinity ? Math.ceil(bytes / usualPairBytes) : limit);
    const rows = Math.min(known, limit);
    expectedBytes += rows * journalBytesPerRow;
    const pairBytes = counted === undefined || counted === 0 ? usualPairBytes : bytes / counted;
    const failed = typeof maxErrors === 'number' ? maxErrors : (rows * Number.parseFloat(maxErrors)) / 100;
    errorBytes += Math.min(rows, failed) * (2 * pairBytes + entryBytes);
  }
  return { expectedBytes, worstBytes: expectedBytes + 2 * errorBytes };
}
