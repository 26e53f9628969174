import { openRunStore } from '../../src/journal/open-run-store.js';
import type { VaultJob, ShardJob } from '../../src/protocol/messages.js';
import { Fingerprints } from '../../src/source/fingerprints/fingerprints.js';
import type { RecordSource, InputIdentity, SourceInspection } from '../../src/source/record-source.js';
import type { Reading, SourceLedger } from '../../src/source/source-kind.js';
import { readerOf } from '../../src/source/source-kinds.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { Ledger } from '../../src/journal/ledger.js';
import { damaged, REPAIR } from '../../src/journal/storage-error.js';

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

/** What was asked for a shard's rows is known from the start; nobody asks anew, or positions would be others. */
export function knownQuery({ query, inputs }: ShardJob): SourceLedger {
  return {
    inputs: { inputs },
    hasBegun: true,
    query,
    recordQuery: () =>
      Promise.reject(
        new SuperviseError('source', 'the query that the run was cut by has no result any more'),
      ),
  };
}

/** Notes what the source of a shard is, which was looked over by whoever cut it. Throws `input_changed` for another one. */
export async function recordShard(
  { ledger: asked, vault }: VaultJob,
  shard: ShardJob,
  ledger: Ledger,
  inspection: SourceInspection,
): Promise<void> {
  assertKnown(shard, inspection);
  if (ledger.inputs !== undefined) return;
  // Whoever cut the vault has begun the journals that stand in the run directory.
  if (shard.store === undefined && asked?.repair !== true)
    throw damaged(`the journal of shard ${shard.shard} of vault ${vault.name}`, 'it is missing', REPAIR);
  const { rows, inputs } = inspection;
  await ledger.recordInputs({ rows, inputs });
}

/** Files of a shard that nobody has seen before would be read without being compared with anything. */
function assertKnown(shard: ShardJob, { inputs }: SourceInspection): void {
  const isKnown = (seen: InputIdentity): boolean =>
    inputs.some(
      ({ role, part, fingerprint }) =>
        role === seen.role && part === seen.part && fingerprint === seen.fingerprint,
    );
  const unknown = shard.inputs.find((seen) => seen.fingerprint !== undefined && !isKnown(seen));
  if (unknown === undefined) return;
  throw new SuperviseError(
    'input_changed',
    `the ${unknown.role} ${unknown.name} is not here as it was seen when the load was cut`,
    { hint: 'Give this machine the same files; only the folder that they are in may be another one.' },
  );
}
