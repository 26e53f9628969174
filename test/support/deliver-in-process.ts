import { DeliveryRun } from '../../child/load/delivery-run.js';
import { RecordAccounts } from '../../child/load/record-accounts.js';
import { paceLimitsOf } from '../../child/pace/open-gate.js';
import { PaceGate } from '../../child/pace/pace-gate.js';
import { StopSwitch } from '../../child/stop-switch.js';
import { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { VaultClient } from '../../src/vault/vault-client.js';

/** These rows as a source. */
export function sourceOf(pairs: readonly (readonly [value: string, token: string])[]): RecordSource {
  return {
    inspect: () => Promise.resolve({ rows: pairs.length, inputs: [] }),
    open: () =>
      Promise.resolve({
        read: ({ start, end: within }, most) => {
          const end = Math.min(within, pairs.length, start + most);
          if (start >= end) return Promise.resolve(undefined);
          const rows = pairs.slice(start, end);
          const [values, tokens] = [rows.map(([value]) => value), rows.map(([, token]) => token)];
          return Promise.resolve({ start, end, values, tokens, skipped: [] });
        },
        close: () => Promise.resolve(),
      }),
  };
}

/** Delivers what a ledger has not settled of a source, as a child does, to its end. */
export async function deliverInProcess(options: {
  readonly job: VaultJob;
  readonly ledger: Ledger;
  readonly source: RecordSource;
  readonly client: VaultClient;
  /** Records in the vault's table now. */
  readonly countTable?: () => number | undefined;
  readonly notice?: (message: string) => void;
}): Promise<void> {
  const { job, ledger, source, client, countTable = () => undefined, notice = () => undefined } = options;
  const inspection = await source.inspect(new AbortController().signal);
  const { rows = 0 } = inspection;
  const stop = new StopSwitch();
  const accounts = new RecordAccounts(() => ledger.totals, { takenBefore: rows });
  accounts.rowsTotal = rows;
  const run = new DeliveryRun({
    ...{ job, ledger, source, client, stop, accounts, gate: new PaceGate(paceLimitsOf(job)) },
    metrics: new DeliveryMetrics({ workersConfigured: 1 }),
    reauthorise: () => Promise.resolve(false),
    reauthoriseLookups: () => Promise.resolve(false),
    suffix: (batch) => batch,
    notice,
    onWaiting: () => undefined,
    countTable: () => Promise.resolve(countTable()),
  });
  await run.deliverEverything({ ...inspection, rows, extent: { start: 0, end: rows } });
  if (stop.reason !== undefined) throw stop.reason;
}
