import type { ShardPlan } from '../../src/journal/shard-plan.js';
import type { VaultJob } from '../../src/protocol/messages.js';

/** A job for each shard of a vault, whose source was looked over when it was cut. */
export function laneJobs(job: VaultJob, plan: ShardPlan, ledger: VaultJob['ledger']): VaultJob[] {
  const ofShard = { ...job };
  // What was planned was compared when the vault was cut; what is known of its journals is known of all of them.
  delete ofShard.plannedInputs;
  delete ofShard.ledger;
  const { rows, inputs, query, shards } = plan;
  return shards.map(({ start, end }, shard) => ({
    ...ofShard,
    ...(ledger === undefined ? {} : { ledger }),
    // How many of the vault's rows are meant was decided when it was cut.
    delivery: { ...job.delivery, maxRecordsIsDefault: false },
    shard: { shard, start, end, rows, inputs, ...(query === undefined ? {} : { query }) },
  }));
}
