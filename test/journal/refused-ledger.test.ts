import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { JournalChain } from '../../src/journal/journal-chain.js';
import {
  HEAD,
  JOURNAL,
  loggedPositions,
  open,
  openWith,
  readLedger,
  settlement,
  temporaryFolder,
} from './fixtures.js';

test('a ledger is opened only by the run, vault and table it was begun for', async (t) => {
  const folder = await temporaryFolder(t);
  await (await open(folder)).close();
  for (const other of [{ runId: 'another' }, { vaultId: 'v2' }, { table: 't2' }, { column: 'c2' }]) {
    await assert.rejects(open(folder, other), {
      code: 'storage',
      message: /journal_SSN\.log was begun with/,
    });
  }
  await (await open(folder)).close();
});

test('while one process has the ledger open, another is refused with its pid', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await assert.rejects(open(folder), {
    code: 'locked',
    message: new RegExp(`the journal of vault SSN is in use by process ${process.pid} `),
  });
  await ledger.close();
  await (await open(folder)).close();
});

test('a bad line before what the head vouches for is damage, named by file and line', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 20 });
  await ledger.settle(settlement(0, 10));
  await ledger.settle(settlement(10, 20));
  await ledger.close();
  const file = join(folder, JOURNAL);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('settle 0-10 uploaded=10', 'settle 0-10 uploaded=11'));
  const expected = {
    code: 'storage',
    message: /journal_SSN\.log is damaged: line 4 is not intact/,
    hint: /resume --repair/,
  };
  await assert.rejects(open(folder), expected);
  await assert.rejects(readLedger(folder, 'SSN'), expected);
  await writeFile(file, text);
  await (await open(folder)).close();
});

test('lines that are doubled, left out, moved, or another journal’s are damage, although each of them is intact', async (t) => {
  const folder = await temporaryFolder(t);
  for (const vaultName of ['SSN', 'DOB']) {
    const ledger = await open(folder, { vaultName });
    await ledger.reserve({ start: 0, end: 40 });
    for (const start of [0, 10, 20]) await ledger.settle(settlement(start, start + 10));
    await ledger.close();
  }
  const file = join(folder, JOURNAL);
  const text = await readFile(file, 'utf8');
  const lines = text.split('\n').slice(0, -1);
  const foreign = (await readFile(join(folder, 'journal_DOB.log'), 'utf8')).split('\n');
  const [header = '', opened = '', reserve = '', one = '', two = '', three = ''] = lines;
  const changed = [
    [header, opened, reserve, one, one, two, three],
    [header, opened, reserve, one, three],
    [header, opened, one, two, three],
    [header, opened, reserve, two, one, three],
    [header, opened, reserve, one, foreign[4] ?? '', three],
    foreign.slice(0, -1),
    [],
  ];
  for (const each of changed) {
    await writeFile(file, each.map((line) => `${line}\n`).join(''));
    await assert.rejects(open(folder), { code: 'storage', hint: /resume --repair/ });
  }
  // Behind what the head vouches for: the line counts once.
  await writeFile(file, `${text}${three}\n`);
  const ledger = await open(folder);
  assert.deepEqual([...ledger.settled], [{ start: 0, end: 30 }]);
  await ledger.close();
});

test('pages that never reached the disk before a power failure, and all behind them, count for nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 40 });
  // As the power failure finds it: made durable with the reserve.
  const head = await readFile(join(folder, HEAD));
  await ledger.settle(settlement(0, 10, [1]));
  await ledger.settle(settlement(10, 20));
  await ledger.settle(settlement(20, 30, [22]));
  await ledger.settle(settlement(30, 40));
  await ledger.close();
  await writeFile(join(folder, HEAD), head);
  const file = join(folder, JOURNAL);
  const bytes = await readFile(file);
  const from = bytes.indexOf('settle 10-20');
  await writeFile(file, bytes.fill(0, from, from + 40));
  const again = await open(folder);
  assert.deepEqual([...again.settled], [{ start: 0, end: 10 }]);
  assert.deepEqual([...again.inDoubt], [{ start: 10, end: 40 }]);
  assert.deepEqual(loggedPositions(again.errorLogFile), [1]);
  await again.close();
});

test('an intact line of another version is refused, not dropped', async (t) => {
  const folder = await temporaryFolder(t);
  await (await open(folder)).close();
  const file = join(folder, JOURNAL);
  const chain = new JournalChain();
  for (const line of (await readFile(file, 'utf8')).split('\n').slice(0, -1)) chain.take(Buffer.from(line));
  await appendFile(file, chain.seal('annul 0-10'));
  await assert.rejects(open(folder), { code: 'storage', message: /line 3: written by another version/ });
});

test('a file that is not a journal is left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, JOURNAL);
  const text = 'my notes\n';
  await writeFile(file, text);
  await assert.rejects(open(folder), { code: 'storage', message: /not the header of a journal/ });
  assert.equal(await readFile(file, 'utf8'), text);
});

test('an aborted signal ends the opening and leaves no lock behind', async (t) => {
  const folder = await temporaryFolder(t);
  const reason = new Error('enough');
  await assert.rejects(openWith(folder, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  assert.deepEqual(await readdir(folder), []);
});
