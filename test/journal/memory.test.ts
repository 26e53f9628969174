import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal, simulateJournal } from '../../benchmarks/memory/simulate-journal.js';
import { JOURNAL, memoryFolder } from './fixtures.js';

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
