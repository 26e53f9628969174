import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { VaultClient } from '../../src/vault/vault-client.js';
import type { PaceGate } from '../pace/pace-gate.js';
import type { StopSwitch } from '../stop-switch.js';
import type { PositionRange } from '../../src/record/batch.js';
import { countOnceServed } from './count-once-served.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { lookSampleUp } from './look-sample-up.js';

export interface LookBeforeOptions {
  readonly job: VaultJob;
  readonly ledger: Ledger;
  readonly source: RecordSource;
  readonly client: VaultClient;
  readonly gate: PaceGate;
  readonly stop: StopSwitch;
  readonly notice: (message: string) => void;
  /** Records in the vault's table now; undefined where it does not say. */
  readonly countTable: () => Promise<number | undefined>;
}

/**
 * What the vault is asked before anything is sent: how many records its table holds, if it did not say so yet, and whether it
 * holds these already, since another host, folder or run may have loaded the same. What is gone on with was looked at when it
 * began; a shard, by whoever cut it.
 */
export async function lookBeforeFirst(
  options: LookBeforeOptions & { readonly health: VaultHealth },
  extent: PositionRange,
): Promise<void> {
  const { job, ledger, source, client, gate, health, stop, notice, countTable } = options;
  if (job.shard !== undefined || ledger.hasBegun || ledger.mayHaveSentAll) return;
  const { stopping } = stop;
  const openCursor = () => source.open(stopping);
  const { inputs } = ledger;
  if (inputs !== undefined && inputs.tableCount === undefined) {
    const cursor = await openCursor();
    const record = await cursor.read(extent, 1).finally(() => cursor.close());
    if (record === undefined) return;
    const tableCount = await countOnceServed({ record, client, gate, health, stopping, countTable, notice });
    if (tableCount !== undefined) await ledger.recordInputs({ ...inputs, tableCount });
  }
  const tableCount = ledger.inputs?.tableCount;
  await lookSampleUp({ job, openCursor, extent, tableCount, client, gate, stopping, notice });
}
