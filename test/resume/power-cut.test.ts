import assert from 'node:assert/strict';
import { readdirSync, readSync, statSync } from 'node:fs';
import { mkdir, open as openFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { settleOutcome } from '../../supervisor/run/settle-outcome.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { memoryFolder, open, openWith, owner, settlement } from '../journal/fixtures.js';
import { newFolder } from '../support/temporary-folder.js';

const killed = {
  name: owner.vaultName,
  id: owner.vaultId,
  table: owner.table,
  status: 'interrupted',
  restarts: 0,
} as const;

/** A disk that keeps of a file what it was last told to keep; by the file's inode. */
async function forgetfulDisk(
  t: TestContext,
  folder: string,
  refuse?: () => Promise<void>,
): Promise<(copy: string) => Promise<void>> {
  const kept = new Map<number, Buffer>();
  const some = await openFile(folder);
  const handles = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  for (const name of ['sync', 'datasync'] as const) {
    t.mock.method(handles, name, async function (this: FileHandle): Promise<void> {
      const { size, ino, isFile } = await statOf(this);
      if (!isFile) return;
      if (refuse !== undefined) return refuse();
      const content = Buffer.alloc(size);
      readSync(this.fd, content, 0, size, 0);
      kept.set(ino, content);
    });
  }
  return async (copy) => {
    await mkdir(copy);
    for (const name of readdirSync(folder)) {
      const content = kept.get(statSync(join(folder, name)).ino);
      if (content !== undefined) await writeFile(join(copy, name), content, { mode: 0o600 });
    }
  };
}

async function statOf(handle: FileHandle) {
  const stats = await handle.stat();
  return { size: stats.size, ino: stats.ino, isFile: stats.isFile() };
}

/** Settled rows, some of them failed, of a process that came to make nothing of it durable. */
async function leaveKilled(t: TestContext, folder: string): Promise<void> {
  const ledger = await open(folder);
  t.after(() => ledger.close().catch(() => undefined));
  await ledger.recordInputs({ rows: 1_000, inputs: [{ role: 'data file', name: '/data/x.csv' }] });
  await ledger.reserve({ start: 0, end: 1_000 });
  for (let start = 0; start < 300; start += 10)
    await ledger.settle(settlement(start, start + 10, start % 30 === 0 ? [start + 1] : []));
}

test('what a summary says of a killed child survives a power cut right after it: no journal has to be repaired', async (t) => {
  const root = await memoryFolder(t);
  const folder = newFolder(join(root, 'run-'));
  const cutPower = await forgetfulDisk(t, folder);
  await leaveKilled(t, folder);
  const before = join(root, 'before');
  await cutPower(before);
  const lost = await openRunStore(before).readLedger(owner.vaultName);
  assert.ok((lost?.totals.read ?? 0) < 300, 'the child had not made all of it durable');

  const { outcome } = await settleOutcome(folder, killed, 0);

  assert.deepEqual([outcome.snapshot?.read, outcome.snapshot?.failed], [300, 10]);
  const after = join(root, 'after');
  await cutPower(after);
  const evidence = { settledRows: outcome.snapshot?.read ?? 0, hasBegun: true };
  const ledger = await openWith(after, { evidence });
  assert.equal(ledger.totals.read, 300);
  await ledger.close();
});

test('a disk that keeps nothing any more is told as storage, and what the vault came to is not called its end', async (t) => {
  const folder = await memoryFolder(t);
  await leaveKilled(t, folder);
  await forgetfulDisk(t, folder, () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })));

  const { outcome } = await settleOutcome(folder, { ...killed, status: 'complete' }, 0);

  assert.equal(outcome.status, 'incomplete');
  assert.equal(outcome.error?.code, 'storage');
  assert.match(outcome.error.message, /^cannot write .*\(EIO\)$/);
  assert.deepEqual([outcome.snapshot?.read, outcome.snapshot?.failed], [300, 10]);
});

test('a disk that never says whether it keeps a journal is waited for no longer than 10 s', async (t) => {
  const folder = await memoryFolder(t);
  await leaveKilled(t, folder);
  const answers: (() => void)[] = [];
  await forgetfulDisk(t, folder, () => new Promise((answer) => answers.push(answer)));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const settled = settleOutcome(folder, killed, 0);
  while (answers.length === 0) await setImmediate();
  t.mock.timers.tick(10_000);

  const { outcome } = await settled;

  assert.equal(outcome.status, 'interrupted');
  assert.match(outcome.error?.message ?? '', /does not say that the journal of vault SSN is on it/);
  assert.equal(outcome.snapshot?.read, 300);
  t.mock.restoreAll();
  for (const answer of answers) answer();
});
