import { withholding } from '../error-log/error-log-entry.js';
import type { RawLogEntry } from '../error-log/read-error-log.js';
import { damaged } from '../journal/storage-error.js';
import { sequenceOf } from './sealed-records.js';

/** Keys that are told apart: what a file may claim must not fill the memory. */
const maxKeys = 10_000;

/**
 * Passes the entries of one log on, whole and from its beginning. Throws `storage` where an encrypted log was added to,
 * thinned out, repeated or put into another order: entries of one key stand together, numbered from 0 without a gap (the
 * number is the nonce, which the tag of each entry vouches for), and none in clear or redacted stands among them. That
 * its end was cut off is not seen here: the totals tell (`judgeTotals` of readErrorLog), and the journal.
 */
export async function* inSequence(
  file: string,
  entries: AsyncIterable<RawLogEntry>,
): AsyncGenerator<RawLogEntry> {
  const seen = new Set<string>();
  let isEncrypted: boolean | undefined;
  let key: string | undefined;
  let next = 0;
  for await (const entry of entries) {
    const { encrypted } = entry.raw;
    const how = withholding(entry.raw);
    if (isEncrypted !== undefined && isEncrypted !== (how === 'encrypted')) {
      throw damaged(
        file,
        'it holds encrypted entries and others, so entries were added to it, or a resume had other settings',
        'Restore it from a copy, or retry a copy without the entries of the other kind and without total_errors.',
      );
    }
    isEncrypted = how === 'encrypted';
    if (encrypted !== undefined) {
      if (encrypted.key !== key) {
        if (seen.has(encrypted.key) || seen.size >= maxKeys) throw outOfOrder(file);
        key = encrypted.key;
        seen.add(key);
        next = 0;
      }
      if (sequenceOf(encrypted) !== next) throw outOfOrder(file);
      next += 1;
    }
    yield entry;
  }
}

function outOfOrder(file: string): ReturnType<typeof damaged> {
  return damaged(
    file,
    'its encrypted entries are not those that were written, one after another: some are missing, repeated or moved',
    'Restore it from a copy.',
  );
}
