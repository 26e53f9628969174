import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ERROR_LOG,
  failure,
  HEAD,
  JOURNAL,
  loggedPositions,
  open,
  owner,
  readDocument,
  settlement,
  temporaryFolder,
} from './fixtures.js';

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
  await ledger.settle(settlement(10, 20));
  // Within a turn of the event loop: an error log cannot be made, written and be on the disk meanwhile.
  assert.deepEqual([...ledger.settled], [{ start: 10, end: 20 }]);
  await slow;
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
