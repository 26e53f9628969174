import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal, simulateJournal } from '../../benchmarks/memory/simulate-journal.js';
import { JOURNAL, memoryFolder, open, owner, readLedger, settlement } from './fixtures.js';

test('what a run has settled takes a handful of ranges to know, and about 0.3 bytes a row to write down, however long it is', async (t) => {
  const shown = [];
  for (const rows of [300_000, 1_500_000]) {
    const folder = await memoryFolder(t);
    const { mostRanges } = await simulateJournal(folder, rows);
    const ledger = await openJournal(folder);
    const { size, rangeCount } = ledger.settled;
    const inDoubt = ledger.inDoubt.size;
    await ledger.close();
    assert.ok(mostRanges <= 33 && rangeCount <= 33, `${mostRanges} and ${rangeCount} ranges`);
    assert.deepEqual([size + inDoubt, inDoubt > 0], [rows, true]);
    const { size: bytes } = await stat(join(folder, JOURNAL.replace('SSN', 'NAME')));
    shown.push(bytes / rows);
  }
  for (const bytesPerRow of shown) assert.ok(bytesPerRow < 0.35, `${bytesPerRow} bytes a row`);
});

test('a line that is longer than what is read at first is read whole, and so are those behind it', async (t) => {
  const folder = await memoryFolder(t);
  const ledger = await open(folder);
  const inputs = [{ role: 'data file', name: `/data/${'part '.repeat(20_000)}.csv` }];
  await ledger.recordInputs({ rows: 20, inputs });
  await ledger.reserve({ start: 0, end: 20 });
  await ledger.settle(settlement(0, 20, [3]));
  await ledger.close();
  const reading = await readLedger(folder, owner.vaultName);
  assert.deepEqual(reading?.inputs?.inputs, inputs);
  assert.deepEqual([...reading.settled], [{ start: 0, end: 20 }]);
});
