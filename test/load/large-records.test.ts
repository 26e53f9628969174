import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BatchReader } from '../../child/load/batch-reader.js';
import type { Batch } from '../../src/record/batch.js';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, vaults, Workspace } from '../support/workspace.js';

const MEBIBYTE = 2 ** 20;

test('large values go in smaller batches, each record once; one that the vault finds too large fails with its size', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [`maxBatchBytes=${6 * MEBIBYTE}`]);
  await workspace.configure(sandbox.url, ['SSN'], { performance: { batch_size: 300 } });
  const sizes = [MEBIBYTE, 10, 3 * MEBIBYTE, 5 * MEBIBYTE, 7 * MEBIBYTE, 10, 10, MEBIBYTE, MEBIBYTE];
  const pairs = sizes.map((size, row) => [`${row}${'x'.repeat(size)}`, `t${row}`] as const);
  await workspace.writePairs('SSN', pairs);

  await workspace.run(['--all'], { status: 1 });
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.failed], [9, 8, 1]);
  const [run = ''] = await workspace.runs();
  const name = (await readdir(run)).find((file) => file.startsWith('error_log_SSN_')) ?? '';
  const log = await readFile(join(run, name), 'utf8');
  assert.match(log, /too large; it has 7340035 bytes/);
  assert.deepEqual(
    await sandbox.pairs(vaults.SSN.id, 'ssn'),
    asMultiset(pairs.filter((_, row) => row !== 4)),
  );
});

test('what is in flight is bounded by bytes: nothing is read until there is room', async () => {
  const cells = Array.from({ length: 40 }, (_, row) => 'x'.repeat(row === 20 ? 80 * MEBIBYTE : 4 * MEBIBYTE));
  let at = 0;
  const reader = new BatchReader({
    cursor: {
      read: () => {
        const value = cells[at];
        if (value === undefined) return Promise.resolve(undefined);
        at += 1;
        return Promise.resolve({ start: at - 1, end: at, values: [value], tokens: ['t'], skipped: [] });
      },
      close: () => Promise.resolve(),
    },
    ranges: [{ start: 0, end: Infinity }],
    batchSize: () => 300,
  });
  const inFlight = new Set<Batch>();
  const bytes = () => [...inFlight].reduce((sum, { values }) => sum + (values[0]?.length ?? 0), 0);
  let most = 0;
  let read = 0;
  const worker = async (): Promise<void> => {
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      read += 1;
      inFlight.add(batch);
      if (inFlight.size > 1) most = Math.max(most, bytes());
      await new Promise(setImmediate);
      inFlight.delete(batch);
      reader.done(batch);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  assert.equal(read, cells.length);
  assert.ok(most > 32 * MEBIBYTE && most <= (64 + 80) * MEBIBYTE, `${most / MEBIBYTE} MiB at once`);
});
