import type { LedgerOwner } from './ledger-contract.js';
import { openLedger } from './open-ledger.js';
import type { RunStore } from './run-store.js';
import type { ShardPlan } from './shard-plan.js';

/**
 * Divides the ledger of a vault, of which no row was sent yet: every shard gets a journal, and then the plan is kept, so
 * that a journal that is missing later was lost. `known`: what there is of it already, which `plan` only adds to.
 */
export async function cutLedger(
  runs: RunStore,
  { owner, startedAt }: { readonly owner: LedgerOwner; readonly startedAt: Date },
  plan: ShardPlan,
  known?: ShardPlan,
): Promise<void> {
  const { rows, inputs, shards } = plan;
  // Left by a command that died before the plan stood.
  if (known === undefined) await runs.forgetLedger(owner.vaultName);
  for (const [index, { start, end }] of shards.entries()) {
    if (known?.shards[index] !== undefined) continue;
    const store = await runs.openJournal(owner.vaultName, { shard: { index, start, end } });
    const ledger = await openLedger({ store, owner, startedAt });
    try {
      if (!ledger.hasBegun) await ledger.recordInputs({ rows, inputs });
      await ledger.recordExtent({ start, end });
    } finally {
      await ledger.close();
    }
  }
  await runs.keepShards(owner.vaultName, plan);
}
