import assert from 'node:assert/strict';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { cutLedger } from '../../src/journal/cut-ledger.js';
import { openLedger } from '../../src/journal/open-ledger.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import type { ShardPlan } from '../../src/journal/shard-plan.js';
import { DamageError } from '../../src/journal/storage-error.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import { settleOutcome } from '../../supervisor/run/settle-outcome.js';
import { memoryFolder, owner, settlement, startedAt } from './fixtures.js';
import { newFolder } from '../support/temporary-folder.js';

const plan: ShardPlan = {
  format_version: 1,
  rows: 300,
  inputs: [{ role: 'data file', name: '/data/x.csv' }],
  shards: [0, 100, 200].map((start) => ({ start, end: start + 100 })),
};

async function openShard(folder: string, index: number, repair = false) {
  const { start = 0, end = 0 } = plan.shards[index] ?? {};
  const shard = { index, start, end };
  const store = await openRunStore(folder).openJournal(owner.vaultName, { shard, lockWaitMs: 0 });
  const evidence = repair ? { settledRows: Number.MAX_SAFE_INTEGER, hasBegun: true } : undefined;
  return openLedger({ store, owner, startedAt, repair, evidence });
}

/** Three shards: of the first and second some rows are settled, one of which failed; of the third none was handed out. */
async function leaveShards(folder: string): Promise<void> {
  await cutLedger(openRunStore(folder), { owner, startedAt }, plan);
  for (const [index, start] of [0, 100].entries()) {
    const ledger = await openShard(folder, index);
    await ledger.reserve({ start, end: start + 80 });
    await ledger.settle(settlement(start, start + 40, [start + 7]));
    await ledger.close();
  }
}

const filesOf = (shard: number): string[] => [`journal_SSN.${shard}.log`, `journal_SSN.${shard}.head`];
const logOf = (shard: number): string => `error_log_SSN.${shard}_20251009_153045.json`;

/** Gives the shards the files of others. */
async function exchange(
  folder: string,
  order: readonly number[],
  files: (shard: number) => string[],
): Promise<void> {
  for (const [to, from] of order.entries())
    for (const [at, name] of files(from).entries())
      await cp(join(folder, name), join(folder, `${files(to)[at]}.x`)).catch(() => undefined);
  for (const to of order.keys())
    for (const name of files(to))
      await rename(join(folder, `${name}.x`), join(folder, name)).catch(() =>
        rm(join(folder, name), { force: true }),
      );
}

test('a journal that is that of another shard is damage, and proves nothing of its rows when it is repaired', async (t) => {
  const root = await memoryFolder(t);
  const intact = join(root, 'intact');
  await leaveShards(intact);
  const all = (shard: number): string[] => [...filesOf(shard), logOf(shard)];
  for (const order of [
    [1, 0, 2],
    [2, 1, 0],
    [1, 2, 0],
    [0, 0, 2],
    [0, 1, 1],
  ])
    for (const files of [filesOf, all]) {
      const what = `${order.join(' ')}, ${files === all ? 'with' : 'without'} error logs`;
      const folder = newFolder(join(root, 'run-'));
      await cp(intact, folder, { recursive: true });
      await exchange(folder, order, files);

      await assert.rejects(
        openRunStore(folder).readLedger(owner.vaultName),
        (error) => error instanceof DamageError && error.message.includes('is that of other rows'),
        what,
      );

      for (const shard of order.keys()) {
        const { start = 0, end = 0 } = plan.shards[shard] ?? {};
        const ledger = await openShard(folder, shard, true);
        await ledger.recordExtent({ start, end });
        for (const range of ledger.settled)
          assert.ok(range.start >= start && range.end <= end, `${what}: shard ${shard}`);
        if (order[shard] !== shard) assert.equal(ledger.totals.uploaded, 0, what);
        // What may have been sent is asked for: all of it, where nothing bounds it.
        const sent = shard === 2 || ledger.mayHaveSentAll ? undefined : { start, end: start + 80 };
        if (sent !== undefined)
          for (let row = sent.start; row < sent.end; row += 1)
            assert.ok(ledger.settled.has(row) || ledger.inDoubt.has(row), `${what}: row ${row}`);
        await ledger.close();
      }
    }
});

test('a plan of shards that was changed is damage: a boundary that moved would leave rows out', async (t) => {
  const folder = await memoryFolder(t);
  await leaveShards(folder);
  const store = openRunStore(folder);
  const file = join(folder, 'shards_SSN.json');
  const written = await readFile(file, 'utf8');
  assert.deepEqual(await store.shards(owner.vaultName), plan);
  for (const [from, to] of [
    ['"end":200', '"end":150'],
    ['{"start":200,"end":300}', '{"start":200,"end":200}'],
    [',{"start":200,"end":300}', ''],
    ['"rows":300', '"rows":400'],
    [/,"checksum":"\w+"/, ''],
  ] as const) {
    const changed = written.replace(from, to);
    assert.notEqual(changed, written);
    await writeFile(file, changed);
    await assert.rejects(store.readLedger(owner.vaultName), DamageError, String(from));
  }
});

test('what is left of a vault in shards are the rows of all of them, whichever have begun', async (t) => {
  const folder = await memoryFolder(t);
  await leaveShards(folder);
  const { vaultName: name, vaultId: id, table } = owner;
  const snapshot = { ...NOTHING_YET, rows_total: 100, read: 40, uploaded: 39, failed: 1, unsettled: 60 };
  const of = { name, id, table, status: 'interrupted', restarts: 0, snapshot } as const;

  const { outcome } = await settleOutcome(folder, of, 0);

  const { rows_total: rows, read, unsettled } = outcome.snapshot ?? NOTHING_YET;
  assert.deepEqual([rows, read, unsettled], [300, 80, 220]);
});
