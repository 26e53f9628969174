import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxInsertRows, RowInserter } from '../../src/source/snowflake/insert-rows.js';
import { waitUntil } from '../support/wait-until.js';
import { connectionTo } from '../source-snowflake/fixture.js';
import { openAccount } from './account.js';

const shape = { name: 'SKYFLOW_DEMO.PUBLIC.PAIRS', columns: ['value', 'token'] };
const rows = Array.from({ length: 300 }, (_, at) => [`it's "value" \\ ${at}`, `tok_${at}`]);
const never = new AbortController().signal;

test('rows whose INSERT was answered into the void, in a session that ended, are there once', async () => {
  await using account = await openAccount();
  const { sandbox } = account;
  const notices: string[] = [];
  const inserter = new RowInserter({
    connection: connectionTo(sandbox),
    purpose: '(test)',
    onNotice: (message) => notices.push(message),
    patience: { attempts: 5, firstDelayMs: 1, maxDelayMs: 4 },
  });
  const control = (body: object) =>
    fetch(`${sandbox.controlUrl}/sandbox/faults`, { method: 'PATCH', body: JSON.stringify(body) });
  try {
    assert.equal(await inserter.prepare(shape, never), 0);
    await control({ requests: [{ route: 'query', answer: 'reset', when: 'after', times: 2 }] });
    const inserting = inserter.insert(shape, rows, never);
    const hasInserted = () =>
      sandbox
        .stats()
        .queries.some(({ sqlText, status }) => sqlText.startsWith('INSERT') && status === 'SUCCESS');
    await waitUntil('the INSERT has taken effect', hasInserted);
    await control({ now: { expireSessions: 'gone' } });
    await inserting;
  } finally {
    await inserter.close();
  }
  assert.equal(sandbox.stats().sessionsOpened, 2);
  assert.equal(notices.length, 1);
  const found = await sandbox.runSql(`SELECT value, token FROM ${shape.name}`);
  assert.deepEqual(
    found.rows.map((row) => JSON.stringify(row)).sort(),
    rows.map((row) => JSON.stringify(row)).sort(),
  );
});

test('an INSERT has at most as many rows as the driver binds without a stage', () => {
  assert.equal(maxInsertRows({ name: 'T', columns: Array.from({ length: 16 }, String) }), 6250);
});
