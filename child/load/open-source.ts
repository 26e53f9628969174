import { openRunStore } from '../../src/journal/open-run-store.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { Reading } from '../../src/source/source-kind.js';
import { readerOf } from '../../src/source/source-kinds.js';

/** The source of a job. */
export async function openSource(
  { source, runId, runDirectory, vault, performance, delivery }: VaultJob,
  rest: Pick<Reading, 'ledger' | 'renewSecret' | 'login' | 'notice' | 'signal'>,
): Promise<RecordSource> {
  const limits = {
    mostRecords: delivery.mostRecords,
    maxBatchBytes: performance.max_batch_bytes,
    connectTimeoutMs: performance.connect_timeout_ms,
  };
  const fingerprints = Fingerprints.of(await openRunStore(runDirectory).fingerprintKey());
  return readerOf(source).open(source, { runId, runDirectory, vault, fingerprints, ...limits, ...rest });
}
