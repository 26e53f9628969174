import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LoggedEntry } from '../../src/error-log/error-log-entry.js';
import { mergeErrorLogs } from '../../src/error-log/merge-error-logs.js';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import {
  ERROR_LOG,
  errorsIn,
  failure,
  JOURNAL,
  type LogDocument,
  memoryFolder,
  open,
  owner,
  readDocument,
  settlement,
} from './fixtures.js';

async function all(file: string, settledBytes?: number): Promise<LoggedEntry[]> {
  const entries: LoggedEntry[] = [];
  const log = await readErrorLog(file, { settledBytes });
  for await (const entry of log.entries) entries.push(entry);
  return entries;
}

/** As the replaced loader writes it: Go's MarshalIndent, with <, > and & escaped. */
function goLog(records: readonly { Value: string; Token: string }[], entrySize: number): string {
  const errors = [];
  for (let at = 0; at < records.length; at += entrySize) {
    errors.push({
      batch_number: at / entrySize + 1,
      records: records.slice(at, at + entrySize),
      error: 'API request failed with status 500 after 5 retries',
      status_code: 500,
      timestamp: '2025-10-09T15:30:12Z',
    });
  }
  const document = {
    vault_name: 'ID',
    vault_id: 'abc123',
    column: 'id',
    timestamp: '2025-10-09T15:30:45Z',
    total_errors: errors.length,
    failed_records: records.length,
    errors,
  };
  return JSON.stringify(document, undefined, 2).replace(
    /[<>&]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

test('what a ledger logged is read back, record by record', async (t) => {
  const folder = await memoryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 100 });
  await ledger.settle({
    ...settlement(0, 100),
    uploaded: 97,
    failures: [failure(3), failure(50, { requestId: undefined, httpStatus: undefined }), failure(99)],
  });
  await ledger.close();
  const log = await readErrorLog(join(folder, ERROR_LOG));
  const vault = { name: 'SSN', id: owner.vaultId, table: 'ssn', column: 'ssn' };
  assert.deepEqual(log.head, { vault, timestamp: '2025-10-09T15:30:45Z', run: owner.runId });
  const entries = await all(join(folder, ERROR_LOG));
  assert.deepEqual(
    entries.map(({ timestamp, ...rest }) => ({ ...rest, timed: timestamp !== undefined })),
    [
      { requestId: 'req-1', statusCode: 400, positions: [3, 99] },
      { requestId: undefined, statusCode: 0, positions: [50] },
    ].map(({ requestId, statusCode, positions }) => ({
      vault,
      batchNumber: 1,
      records: positions.map((position) => ({
        position,
        value: failure(position).value,
        token: failure(position).token,
      })),
      error: failure(0).message,
      statusCode,
      reason: 'rejected',
      foreign: false,
      requestId,
      run: owner.runId,
      timed: true,
    })),
  );
});

test('a pretty-printed log of the replaced loader is read, whatever its values and wherever chunks end', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, 'error_log_ID_20251009_153045.json');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ Value: fc.string({ unit: 'binary' }), Token: fc.string() }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      // Shifts the document over the edge of a chunk.
      fc.integer({ min: 0, max: 300 }),
      async (records, entrySize, shift) => {
        await writeFile(file, ' '.repeat((1 << 18) - shift) + goLog(records, entrySize));
        const entries = await all(file);
        assert.deepEqual(
          entries.flatMap((entry) => entry.records),
          records.map(({ Value, Token }) => ({ value: Value, token: Token, position: undefined })),
        );
        assert.ok(entries.every(({ vault }) => vault.id === 'abc123' && vault.table === 'id'));
      },
    ),
    { numRuns: 60 },
  );
});

test('a byte order mark, sorted keys, unknown keys and null for no entries are no obstacle', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, 'log.json');
  const document = JSON.parse(goLog([{ Value: 'v', Token: 't' }], 1)) as LogDocument;
  const sorted = Object.fromEntries(Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `\uFEFF${JSON.stringify({ aaa: [{ '}': '"' }], ...sorted, zzz: null })}`);
  assert.equal((await readErrorLog(file)).head.vault?.id, 'abc123');
  assert.equal((await all(file)).length, 1);
  await writeFile(file, JSON.stringify({ ...document, errors: null }));
  assert.deepEqual(await all(file), []);
});

test('a log of many entries is read with the memory of one', async (t) => {
  const file = join(await memoryFolder(t), 'big.json');
  const records = Array.from({ length: 300 }, (_, index) => ({ Value: 'v'.repeat(100), Token: `t${index}` }));
  const one = goLog(records, 300);
  const entry = one.slice(one.indexOf('[') + 1, one.lastIndexOf(']'));
  const head = one.slice(0, one.indexOf('[') + 1);
  await writeFile(file, `${head}${Array<string>(1_500).fill(entry).join(',')}]}`);
  const { size } = await stat(file);
  assert.ok(size > 60e6);
  let read = 0;
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  for await (const each of (await readErrorLog(file)).entries) {
    read += each.records.length;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(read, 450_000);
  assert.ok(most < size / 2, `${most} bytes of buffers for a file of ${size}`);
});

test('what is not a whole error log is refused with file and byte, and nothing of it is quoted', async (t) => {
  const folder = await memoryFolder(t);
  const file = join(folder, 'log.json');
  const good = goLog([{ Value: 'SECRET-1', Token: 'SECRET-2' }], 1);
  const broken: Record<string, string | Buffer> = {
    empty: '',
    'not JSON': 'SECRET',
    array: '["SECRET"]',
    'no vault': '{"errors": [], "SECRET": 1}',
    'no entries': '{"vault_name":"SECRET","vault_id":"SECRET","column":"SECRET"}',
    'wrong type of value': good.replace('"SECRET-1"', '17'),
    'missing token': good.replace('"Token"', '"SECRET"'),
    'entry is a string': good.replace(/\[[^]*\]/, '["SECRET"]'),
    'broken string': good.replace('SECRET-1', 'SECRET\n'),
    'something behind it': `${good}SECRET`,
    'missing comma': good.replace(',\n      "error"', '\n      "error"'),
    'invalid UTF-8': Buffer.concat([
      Buffer.from(good.slice(0, good.indexOf('SECRET'))),
      Buffer.from([0xff]),
      Buffer.from(good.slice(good.indexOf('SECRET'))),
    ]),
    'later version': good.replace('{', '{"format": "skyflow-supervise error log 9",'),
  };
  for (let cut = 1; cut < good.length; cut += 3) broken[`cut at ${cut}`] = good.slice(0, cut);
  for (const [name, content] of Object.entries(broken)) {
    await writeFile(file, content);
    await assert.rejects(
      all(file),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'storage', `${name}: ${error.message}`);
        assert.match(error.message, /log\.json/);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /SECRET/);
        return true;
      },
      name,
    );
  }
  await writeFile(file, good.replace('"SECRET-1"', '17'));
  await assert.rejects(all(file), { message: /the entry at byte \d+ .*\(records\.0\.Value: invalid_type\)/ });
  await assert.rejects(all(join(folder, 'missing.json')), { code: 'storage', message: /ENOENT/ });
});

test('logs of two vaults and of the replaced loader merge into one document that can be retried', async (t) => {
  const folder = await memoryFolder(t);
  for (const [vaultName, at] of [
    ['SSN', 3],
    ['DOB', 7],
  ] as const) {
    const ledger = await open(folder, {
      vaultName,
      vaultId: `id-${vaultName}`,
      column: vaultName.toLowerCase(),
    });
    await ledger.reserve({ start: 0, end: 10 });
    await ledger.settle(settlement(0, 10, [at, at + 1]));
    await ledger.close();
  }
  const files = [ERROR_LOG, ERROR_LOG.replace('SSN', 'DOB'), 'go.json'].map((name) => join(folder, name));
  await writeFile(files[2] ?? '', goLog([{ Value: 'v', Token: 't' }], 1));
  const out = join(folder, 'merged_error_log_20251009_153045.json');
  await writeFile(out, 'what stood there before');
  const totals = await mergeErrorLogs(
    files.map((file) => errorsIn(file)),
    out,
    { run: owner.runId, at: new Date() },
  );
  assert.deepEqual([totals.errors, totals.failedRecords], [3, 5]);
  for (const counts of totals.reasons.values()) {
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => b.records - a.records),
    );
  }
  assert.equal(
    [...totals.reasons.values()].flat().reduce((sum, { records }) => sum + records, 0),
    5,
  );
  assert.equal((await stat(out)).mode & 0o777, 0o600);
  const document = readDocument(out);
  assert.equal(document.total_errors, 3);
  assert.equal(document.failed_records, 5);
  assert.equal((await readErrorLog(out)).head.vault, undefined);
  const expected = (await Promise.all(files.map((file) => all(file)))).flat();
  assert.deepEqual(await all(out), expected);
  // A merged log is a source like any other.
  const twice = join(folder, 'twice.json');
  await mergeErrorLogs([errorsIn(out)], twice, { at: new Date() });
  assert.deepEqual(await all(twice), expected);
  assert.ok((await readdir(folder)).every((name) => !name.endsWith('.new')));
});

test('merging what is broken leaves nothing behind and the old file alone', async (t) => {
  const folder = await memoryFolder(t);
  const [bad, out] = [join(folder, 'bad.json'), join(folder, 'merged.json')];
  await writeFile(bad, goLog([{ Value: 'v', Token: 't' }], 1).slice(0, -9));
  await writeFile(out, 'old');
  await assert.rejects(mergeErrorLogs([errorsIn(bad)], out, { at: new Date() }), { code: 'storage' });
  assert.equal(await readFile(out, 'utf8'), 'old');
  assert.deepEqual((await readdir(folder)).sort(), ['bad.json', 'merged.json']);
});

test('of a log that a crash left longer than its journal, only what is settled is read or merged', async (t) => {
  const folder = await memoryFolder(t);
  const ledger = await open(folder);
  await ledger.reserve({ start: 0, end: 100 });
  await ledger.settle(settlement(0, 10, [1]));
  await ledger.settle(settlement(10, 20, [11]));
  const journal = await readFile(join(folder, JOURNAL), 'utf8');
  const errorLogBytes = Number([...journal.matchAll(/ log=(\d+)/g)].at(-1)?.[1]);
  const settled = await all(join(folder, ERROR_LOG));
  await ledger.settle(settlement(20, 30, [21]));
  await ledger.close();
  const file = join(folder, ERROR_LOG);
  const whole = await readFile(file);
  for (const cut of [whole.length, whole.length - 30, errorLogBytes + 40, errorLogBytes + 1, errorLogBytes]) {
    await writeFile(file, whole.subarray(0, cut));
    assert.deepEqual(await all(file, errorLogBytes), settled);
    const out = join(folder, 'merged.json');
    const totals = await mergeErrorLogs([errorsIn(file, errorLogBytes)], out, { at: new Date() });
    assert.deepEqual([totals.errors, totals.failedRecords], [2, 2]);
  }
});
