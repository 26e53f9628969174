import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { JournalChain } from '../../src/journal/journal-chain.js';
import {
  ERROR_LOG,
  failure,
  HEAD,
  JOURNAL,
  loggedPositions,
  open,
  openWith,
  owner,
  readDocument,
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

test('the error log has the reference’s keys, and failures that failed alike share an entry', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 300 });
  await ledger.settle(settlement(0, 100));
  await ledger.settle({
    ...settlement(100, 200),
    uploaded: 96,
    failures: [
      failure(110),
      failure(111, { reason: 'unreachable', httpStatus: undefined, requestId: undefined, message: 'reset' }),
      failure(112),
      failure(113, { requestId: 'req-2' }),
    ],
  });
  await ledger.close();
  const document = readDocument(join(folder, ERROR_LOG));
  const { errors, ...head } = document;
  assert.deepEqual(head, {
    format: 'skyflow-supervise error log 1',
    vault_name: owner.vaultName,
    vault_id: owner.vaultId,
    table: owner.table,
    column: owner.column,
    run: owner.runId,
    timestamp: '2025-10-09T15:30:45Z',
    total_errors: 3,
    failed_records: 4,
  });
  assert.deepEqual(
    errors.map(
      ({ batch_number, records, error, status_code, reason, request_id, run, vault, first_position }) => [
        batch_number,
        records.map(({ Position }) => Position),
        error,
        status_code,
        reason,
        request_id,
        run,
        vault,
        first_position,
      ],
    ),
    [
      [2, [110, 112], 'the vault says: no "{', 400, 'rejected', 'req-1', owner.runId, 'SSN', 110],
      [2, [111], 'reset', 0, 'unreachable', undefined, owner.runId, 'SSN', 111],
      [2, [113], 'the vault says: no "{', 400, 'rejected', 'req-2', owner.runId, 'SSN', 113],
    ],
  );
  assert.deepEqual(errors[0]?.records[1], {
    Value: failure(112).value,
    Token: failure(112).token,
    Position: 112,
  });
});

test('the error log is one valid document after every settlement', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 1_000 });
  for (let batch = 0; batch < 120; batch += 1) {
    await ledger.settle(settlement(batch * 5, batch * 5 + 5, [batch * 5 + 1]));
    const document = readDocument(join(folder, ERROR_LOG));
    assert.equal(document.total_errors, batch + 1);
    assert.equal(document.failed_records, batch + 1);
    assert.equal(document.errors.length, batch + 1);
  }
  await ledger.close();
});

test('settlements with failures at the same time are logged in the order in which they are journalled', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 10_000 });
  await Promise.all(
    Array.from({ length: 500 }, (_, batch) =>
      ledger.settle(settlement(batch * 20, batch * 20 + 20, batch % 3 === 0 ? [] : [batch * 20 + 7])),
    ),
  );
  await ledger.close();
  const journal = (await readFile(join(folder, JOURNAL), 'utf8')).split('\n');
  const failed = journal.flatMap((line) => {
    const match = /^settle (\d+)-\d+ .*failed=1 /.exec(line);
    return match === null ? [] : [Number(match[1]) + 7];
  });
  assert.equal(failed.length, 333);
  assert.deepEqual(loggedPositions(join(folder, ERROR_LOG)), failed);
});

test('a settlement without failures waits for none that has some', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 30 });
  const slow = ledger.settle(settlement(0, 10, [3]));
  const quick = ledger.settle(settlement(10, 20));
  // Neither promise was given a turn: the second line stands there, the first cannot.
  assert.deepEqual([...ledger.settled], [{ start: 10, end: 20 }]);
  await Promise.all([slow, quick]);
  assert.deepEqual([...ledger.settled], [{ start: 0, end: 20 }]);
  await ledger.close();
});

test('a restart goes on in the same error log, with totals that go on', async (t) => {
  const folder = await temporaryFolder(t);
  for (let opening = 0; opening < 3; opening += 1) {
    const ledger = await open(folder);
    await ledger.reserve({ start: opening * 10, end: opening * 10 + 10 });
    await ledger.settle(settlement(opening * 10, opening * 10 + 10, [opening * 10, opening * 10 + 9]));
    await ledger.close();
  }
  const document = readDocument(join(folder, ERROR_LOG));
  assert.equal(document.total_errors, 3);
  assert.equal(document.failed_records, 6);
  assert.deepEqual(loggedPositions(join(folder, ERROR_LOG)), [0, 9, 10, 19, 20, 29]);
  assert.deepEqual((await readdir(folder)).sort(), [ERROR_LOG, HEAD, JOURNAL].sort());
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

test('an error log that is missing, shorter than settled, or edited is refused and left as it is', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 20 });
  await ledger.settle(settlement(0, 10, [1, 2]));
  await ledger.close();
  const file = join(folder, ERROR_LOG);
  const original = await readFile(file, 'utf8');
  await rename(file, `${file}.away`);
  await assert.rejects(open(folder), {
    code: 'storage',
    message: /missing, but the journal has 2 failed records/,
  });
  for (const text of [original.slice(0, -60), JSON.stringify(JSON.parse(original))]) {
    await writeFile(file, text);
    await assert.rejects(open(folder), {
      code: 'storage',
      message: /error_log_SSN_20251009_153045\.json is damaged/,
    });
    assert.equal(await readFile(file, 'utf8'), text);
  }
  await rename(`${file}.away`, file);
  await (await open(folder)).close();
  assert.equal(await readFile(file, 'utf8'), original);
});

test('an error log whose journal is gone is never cut back', async (t) => {
  const folder = await temporaryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 20 });
  await ledger.settle(settlement(0, 10, [1, 2]));
  await ledger.close();
  const before = await readFile(join(folder, ERROR_LOG), 'utf8');
  await rm(join(folder, JOURNAL));
  await assert.rejects(open(folder), { code: 'storage', message: /missing, but its head is there/ });
  await rm(join(folder, HEAD));
  await assert.rejects(open(folder), { code: 'storage', message: /stands there without the journal/ });
  assert.equal(await readFile(join(folder, ERROR_LOG), 'utf8'), before);
});

test('an aborted signal ends the opening and leaves no lock behind', async (t) => {
  const folder = await temporaryFolder(t);
  const reason = new Error('enough');
  await assert.rejects(openWith(folder, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
  assert.deepEqual(await readdir(folder), []);
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
