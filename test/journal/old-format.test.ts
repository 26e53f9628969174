import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { JournalChain } from '../../src/journal/journal-chain.js';
import {
  ERROR_LOG,
  HEAD,
  JOURNAL,
  linesOf,
  memoryFolder,
  open,
  openWith,
  owner,
  readLedger,
  settlement,
  startedAt,
  writeHead,
} from './fixtures.js';

/** A line as version 0.1 wrote it: its checksum knows only itself. */
const oldLine = (body: string): string => `${body} ${crc32(body).toString(16).padStart(8, '0')}\n`;

const header = oldLine(
  `skyflow-supervise journal 1 ${JSON.stringify({
    ...{ run: owner.runId, vault: owner.vaultName, vault_id: owner.vaultId, table: owner.table },
    ...{ column: owner.column, started_at: startedAt.toISOString() },
  })}`,
);
const lines = [
  header,
  oldLine('open pid=1 at=2025-10-09T15:30:46.000Z'),
  oldLine('inputs {"rows":300,"inputs":[{"role":"data file","name":"/data/a.csv"}]}'),
  oldLine('reserve 0-200'),
  oldLine('settle 0-50 uploaded=50'),
  oldLine('settle 50-100 uploaded=40 empty_value=10'),
  oldLine('release 150-200'),
];

test('a journal of version 0.1 is read and gone on with, and from then on it is chained', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, JOURNAL);
  // With the torn end of a crash.
  await writeFile(file, `${lines.join('')}settle 100-1\0\0\0`);
  const before = await readLedger(folder, owner.vaultName);
  assert.deepEqual([...(before?.settled ?? [])], [{ start: 0, end: 100 }]);
  assert.deepEqual([...(before?.inDoubt ?? [])], [{ start: 100, end: 150 }]);

  const ledger = await open(folder);
  assert.deepEqual([...ledger.inDoubt], [{ start: 100, end: 150 }]);
  assert.equal(ledger.inputs?.rows, 300);
  await ledger.settle(settlement(100, 150, [120]));
  await ledger.reserve({ start: 150, end: 300 }, { ahead: true });
  await ledger.handOut({ start: 150, end: 200 });
  await ledger.settle(settlement(150, 200));
  const { totals } = ledger;
  await ledger.close();
  const reading = await readLedger(folder, owner.vaultName);
  assert.deepEqual(reading?.totals, totals);
  assert.equal(totals.read, 200);

  const text = await readFile(file, 'utf8');
  assert.ok(text.startsWith(lines.join('')), 'what was written before stands as it did');
  for (const damaged of [
    text.replace('settle 0-50 uploaded=50', 'settle 0-50 uploaded=49'),
    text.slice(0, -1),
    '',
  ]) {
    await writeFile(file, damaged);
    await assert.rejects(open(folder), { code: 'storage', hint: /resume --repair/ });
  }
  await writeFile(file, text);
  await (await open(folder)).close();
});

test('damage in a journal of version 0.1 is refused, zeros in it too, and can be repaired', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, JOURNAL);
  const text = lines.join('');
  for (const damaged of [
    text.replace('settle 0-50 uploaded=50', 'settle 0-50 uploaded=5\0'),
    text.replace('reserve 0-200', 'reserve 0-300'),
  ]) {
    await writeFile(file, damaged);
    await assert.rejects(open(folder), { code: 'storage', hint: /resume --repair/ });
  }
  const ledger = await openWith(folder, { repair: true });
  assert.deepEqual([...ledger.settled], [{ start: 0, end: 100 }]);
  assert.equal(ledger.mayHaveSentAll, true, 'there was no head that knew how far it had got');
  await ledger.close();
  assert.match(await readFile(join(folder, HEAD), 'latin1'), /^durable lines=/);
});

test('a journal whose settle lines have no checksum of the error log is gone on with, and has them from then on', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, JOURNAL);
  const first = await open(folder);
  await first.reserve({ start: 0, end: 40 });
  await first.settle(settlement(0, 10, [1]));
  await first.close();
  // The same lines as they were written before, under a chain and a head of their own.
  const chain = new JournalChain();
  const bodies = linesOf(await readFile(file)).map((line) => line.replace(/ \d+ [0-9a-f]{8}$/, ''));
  const before = bodies
    .map((body) => chain.seal(body.replace(/ log=(\d+):[0-9a-f]{8}$/, ' log=$1')))
    .join('');
  assert.match(before, / log=\d+ \d+ [0-9a-f]{8}\n/);
  await writeFile(file, before);
  await writeHead(folder, Buffer.from(before), linesOf(Buffer.from(before)).length);

  const second = await open(folder);
  assert.equal(second.totals.failed, 1);
  await second.settle(settlement(10, 20, [12]));
  await second.close();
  const text = await readFile(file, 'utf8');
  assert.match(text, /settle 10-20 .* log=\d+:[0-9a-f]{8} /);
  const log = join(folder, ERROR_LOG);
  const whole = await readFile(log, 'utf8');
  // From then on also what was there before is known.
  await writeFile(log, whole.replace('"Position":1}', '"Position":2}'));
  await assert.rejects(open(folder), { code: 'storage', message: /its checksum differs/ });
  await writeFile(log, whole);
  await (await open(folder)).close();
});
