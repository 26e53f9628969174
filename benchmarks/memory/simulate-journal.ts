import { openLedger } from '../../src/journal/open-ledger.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import type { Ledger } from '../../src/journal/ledger.js';

const batchSize = 300;
const workers = 32;
/** As a load reserves: a block at a time. */
const blockRows = 2 * batchSize * workers;

const owner = {
  runId: '20260101T000000Z-00000000',
  vaultName: 'NAME',
  vaultId: 'vault-name',
  table: 'name',
  column: 'name',
};

/** The journal of a run in this folder, open for writing. */
export async function openJournal(runDirectory: string): Promise<Ledger> {
  const store = await openRunStore(runDirectory).openJournal(owner.vaultName, { lockWaitMs: 0 });
  return openLedger({ store, owner, startedAt: new Date('2026-01-01T00:00:00Z') });
}

/**
 * Writes the journal of a load of `rows` rows whose answers come in no order, as far as its last 32 batches: these are
 * in doubt, in fragments, as after a kill. Gives the most ranges that it took at any time to write down what is settled.
 */
export async function simulateJournal(runDirectory: string, rows: number): Promise<{ mostRanges: number }> {
  const ledger = await openJournal(runDirectory);
  const inFlight: number[] = [];
  let mostRanges = 0;
  let reservedTo = 0;
  // The same at every run: a linear congruential generator (Numerical Recipes).
  let random = 1;
  for (let start = 0; start < rows; start += batchSize) {
    if (start >= reservedTo) {
      await ledger.reserve({ start, end: Math.min(rows, start + blockRows) }, { ahead: true });
      reservedTo = Math.min(rows, start + blockRows);
    }
    await ledger.handOut({ start, end: Math.min(rows, start + batchSize) });
    inFlight.push(start);
    if (inFlight.length <= workers) continue;
    random = (random * 1_664_525 + 1_013_904_223) % 2 ** 32;
    const [first = 0] = inFlight.splice(random % inFlight.length, 1);
    const range = { start: first, end: Math.min(rows, first + batchSize) };
    await ledger.settle({ range, uploaded: range.end - first, confirmed: 0, skipped: {}, failures: [] });
    mostRanges = Math.max(mostRanges, ledger.settled.rangeCount);
  }
  await ledger.close();
  return { mostRanges };
}
