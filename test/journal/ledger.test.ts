import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ERROR_LOG,
  HEAD,
  JOURNAL,
  loggedPositions,
  open,
  owner,
  readLedger,
  settlement,
  startedAt,
  temporaryFolder,
} from './fixtures.js';

const inspection = {
  rows: 1_000,
  inputs: [
    { role: 'data file', name: '/data/ssn data.csv', sizeBytes: 5, rows: 1_000, fingerprint: 'ab' },
    { role: 'token file', name: '/data/ssn_tokens.csv' },
  ],
};

test('a new ledger knows nothing, and there is no error log before there is a failure', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  assert.deepEqual(ledger.totals, {
    read: 0,
    uploaded: 0,
    confirmed: 0,
    failed: 0,
    held: 0,
    skipped: { empty_value: 0, empty_token: 0, already_there: 0 },
  });
  assert.equal(ledger.inputs, undefined);
  assert.equal(ledger.errorLogFile, undefined);
  await ledger.reserve({ start: 0, end: 100 });
  await ledger.settle(settlement(0, 100));
  await ledger.close();
  assert.deepEqual((await readdir(folder)).sort(), [HEAD, JOURNAL]);
});

test('everything settled, reserved, released and recorded is there after reopening and for a reader', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.recordInputs(inspection);
  await ledger.reserve({ start: 0, end: 1_000 });
  await ledger.settle({ ...settlement(0, 300), uploaded: 297, skipped: { empty_value: 1, empty_token: 2 } });
  await ledger.settle({ ...settlement(300, 600, [301, 302]), confirmed: 4 });
  await ledger.release({ start: 900, end: 1_000 });
  const totals = {
    read: 600,
    uploaded: 595,
    confirmed: 4,
    failed: 2,
    held: 0,
    skipped: { empty_value: 1, empty_token: 2, already_there: 0 },
  };
  assert.deepEqual(ledger.totals, totals);
  const live = await readLedger(folder, 'SSN');
  await ledger.close();

  const again = await open(folder);
  const reading = await readLedger(folder, 'SSN');
  assert.ok(live !== undefined && reading !== undefined);
  for (const each of [live, again, reading]) {
    assert.deepEqual(each.totals, totals);
    assert.deepEqual([...each.settled], [{ start: 0, end: 600 }]);
    assert.deepEqual([...each.inDoubt], [{ start: 600, end: 900 }]);
    assert.deepEqual(each.inputs, inspection);
    const place = 'errors' in each ? each.errors?.place : each.errorLogFile;
    assert.equal(place, join(folder, ERROR_LOG));
  }
  assert.equal(reading.openings, 2);
  assert.deepEqual(reading.header, { ...owner, startedAt: startedAt.toISOString() });
  await again.close();
});

test('a vault that never began has no reading', async (t) => {
  assert.equal(await readLedger(await temporaryFolder(t), 'SSN'), undefined);
});

test('all files are for their owner only', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 5 });
  await ledger.settle(settlement(0, 5, [1]));
  await ledger.close();
  for (const file of [JOURNAL, HEAD, ERROR_LOG]) {
    assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
  }
});

test('neither values nor tokens are in the journal', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 5 });
  await ledger.settle(settlement(0, 5, [1, 2]));
  await ledger.close();
  const journal = await readFile(join(folder, JOURNAL), 'utf8');
  assert.doesNotMatch(journal, /lue|tok/);
});

test('what would make the journal lie is refused, and changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 100 });
  await ledger.settle(settlement(0, 10));
  const pending = ledger.settle(settlement(90, 95, [91]));
  const before = await readFile(join(folder, JOURNAL), 'utf8');
  const wrong = [
    settlement(5, 15),
    settlement(92, 97),
    settlement(90, 95, [91]),
    settlement(95, 105),
    settlement(20, 20),
    { ...settlement(20, 30), uploaded: 9 },
    { ...settlement(20, 30), confirmed: 11 },
    settlement(20, 30, [30]),
    settlement(20, 30, [21, 21]),
    { ...settlement(20, 30), skipped: { empty_value: 1 } },
  ];
  for (const each of wrong) {
    await assert.rejects(ledger.settle(each), { name: 'SuperviseError', code: 'internal' });
  }
  await assert.rejects(ledger.release({ start: 93, end: 99 }), { code: 'internal' });
  await assert.rejects(ledger.reserve({ start: 5, end: 4 }), { code: 'internal' });
  await ledger.recordInputs(inspection);
  await assert.rejects(ledger.recordInputs(inspection), { code: 'internal' });
  await pending;
  const after = (await readFile(join(folder, JOURNAL), 'utf8')).slice(before.length);
  assert.deepEqual(
    after.split('\n').map((line) => line.split(' ')[0]),
    ['inputs', 'settle', ''],
  );
  await ledger.close();
  await assert.rejects(ledger.settle(settlement(20, 30)), { code: 'internal' });
});

test('a settled row cannot be settled by a later child either', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await open(folder);
  await first.reserve({ start: 0, end: 20 });
  await first.settle(settlement(0, 10));
  await first.close();
  const second = await open(folder);
  await assert.rejects(second.settle(settlement(5, 15)), { code: 'internal' });
  await second.settle(settlement(10, 20));
  await second.close();
});

test('positions near 2^53 are kept exactly', async (t) => {
  const folder = await temporaryFolder(t);
  const end = Number.MAX_SAFE_INTEGER;
  const ledger = await open(folder);
  await ledger.reserve({ start: end - 10, end });
  await ledger.settle(settlement(end - 5, end, [end - 1]));
  await ledger.close();
  const reading = await readLedger(folder, 'SSN');
  assert.deepEqual([...(reading?.settled ?? [])], [{ start: end - 5, end }]);
  assert.deepEqual(loggedPositions(reading?.errors?.place), [end - 1]);
});

test('a million records in batches of 300 take far less than a megabyte of journal', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  const from = 499_000_000;
  for (let start = from; start < from + 1_000_000; start += 300) {
    if ((start - from) % 9_000 === 0) await ledger.reserve({ start, end: start + 9_000 });
    await ledger.settle(settlement(start, start + 300));
  }
  await ledger.close();
  assert.ok((await stat(join(folder, JOURNAL))).size < 300_000);
});

test('while no row is reserved the inputs may be another one’s, and the last query submitted is known again', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await open(folder);
  await first.recordInputs({ rows: 1, inputs: [{ role: 'query', name: 'q1' }] });
  await first.recordInputs({ rows: 2, inputs: [{ role: 'query', name: 'q2' }] });
  for (const queryId of ['q1', 'q2']) {
    await first.recordQuery({ queryId, submittedAt: '2026-01-02T03:04:05.000Z', sql: 'SELECT 1' });
  }
  await first.close();
  const again = await open(folder);
  assert.equal(again.hasBegun, false);
  assert.deepEqual(again.inputs?.inputs, [{ role: 'query', name: 'q2' }]);
  assert.equal(again.query?.queryId, 'q2');
  await again.close();
});

test('what a ledger covers is recorded once, and again when it grows; nothing outside of it is settled', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.recordInputs(inspection);
  await ledger.recordExtent({ start: 0, end: 50 });
  await ledger.recordExtent({ start: 0, end: 50 });
  await ledger.reserve({ start: 0, end: 60 });
  await ledger.settle(settlement(0, 50));
  await assert.rejects(ledger.settle(settlement(50, 60)), { code: 'internal', message: /covers 0-50/ });
  await assert.rejects(ledger.recordExtent({ start: 0, end: 40 }), { code: 'internal' });
  assert.deepEqual((await readLedger(folder, 'SSN'))?.extent, { start: 0, end: 50 });
  // A raised limit of a source whose end is not known.
  await ledger.recordExtent({ start: 0, end: undefined });
  assert.equal((await readLedger(folder, 'SSN'))?.extent, undefined);
  await ledger.settle(settlement(50, 60));
  await ledger.recordExtent({ start: 0, end: 60 });
  await ledger.close();
  const again = await open(folder);
  assert.deepEqual(again.extent, { start: 0, end: 60 });
  await again.close();
  const journal = await readFile(join(folder, JOURNAL), 'utf8');
  assert.deepEqual(
    [...journal.matchAll(/^extent (\S+)/gm)].map(([, range]) => range),
    ['0-50', '0-', '0-60'],
  );
});

test('a source without rows has an extent, too', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.recordExtent({ start: 0, end: 0 });
  await ledger.close();
  assert.deepEqual((await readLedger(folder, 'SSN'))?.extent, { start: 0, end: 0 });
});
