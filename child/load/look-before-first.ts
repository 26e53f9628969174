import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { VaultClient, LookupAnswer } from '../../src/vault/vault-client.js';
import type { PaceGate } from '../pace/pace-gate.js';
import type { StopSwitch } from '../stop-switch.js';
import type { PositionRange } from '../../src/record/batch.js';
import type { VaultHealth } from '../vault/vault-health.js';
import { lookSampleUp } from './look-sample-up.js';
import { retry, type Again } from '../../src/back-off/retry.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { askOnce, isUnserved, type AskOptions } from '../doubt/ask-vault.js';
import { waitFor } from '../wait-for.js';

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

interface CountOnceServedOptions extends Pick<AskOptions, 'client' | 'gate' | 'health' | 'stopping'> {
  /** A record of the source: whether the vault holds it is of no interest, only that it answers. */
  readonly record: RecordColumns;
  readonly countTable: () => Promise<number | undefined>;
  readonly notice: (message: string) => void;
}

const backOff = { firstDelayMs: 250, maxDelayMs: 2_000, random: Math.random };
/** Of errors that may be those of looking up alone; a vault that has served nobody is given up by then. */
const attempts = 10;

/**
 * Counts a table of a vault that did not say before anything is sent, once it serves anybody: requests that go into an
 * outage are lost sight of, and of the first ones only the count from before tells whether the vault took them. Undefined
 * where it answers and does not count, or stays out for as long as an outage is waited for: the first request says why.
 */
async function countOnceServed(options: CountOnceServedOptions): Promise<number | undefined> {
  const { record, countTable, notice, health, stopping } = options;
  let isFirst = true;
  const answered = (answer: LookupAnswer): Again | undefined => {
    if (answer.kind === 'found') health.answered();
    if (answer.kind === 'found' || !answer.retryable || answer.lasting === true) return undefined;
    if (isFirst) notice(`the vault does not answer yet (${answer.message}); nothing is sent until it does`);
    isFirst = false;
    const { status, retryAfterMs } = answer;
    health.unserved(status);
    return health.suspended ? undefined : { retryAfterMs, isFree: isUnserved(answer) };
  };
  const wait = (delayMs: number): Promise<void> => waitFor(delayMs, stopping);
  const last = await retry(() => askOnce(record, options), { ...backOff, attempts, answered, wait });
  return last.kind === 'found' ? countTable() : undefined;
}
