import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { checkConflicts } from '../../src/source/snowflake/check-conflicts.js';
import { querySql } from '../../src/source/snowflake/prepare-snapshot.js';
import type { SubmittedQuery } from '../../src/source/snowflake/snowflake-options.js';
import { openSnowflakeSource } from '../../src/source/snowflake/snowflake-source.js';
import {
  multiset,
  never,
  pairsOf,
  plan,
  readAll,
  sandboxFor,
  sourceOptions,
  withSource,
  type Pair,
} from './fixture.js';

const seed = { rows: 1_500 };
const results = { inlineRows: 60, chunkRows: 170 };
const ssnSql = querySql(sourceOptionsOfSsn()).sql;

function sourceOptionsOfSsn(): Parameters<typeof querySql>[0] {
  const connection = {
    account: 'a',
    authenticator: 'snowflake',
    warehouse: 'w',
    database: 'd',
    schema: 's',
    proxy: {},
  };
  return {
    vaultName: 'SSN',
    column: 'ssn',
    query: { mode: 'simple' },
    connection: { ...connection, authenticator: 'snowflake' },
  };
}

function recorded(submitted: readonly SubmittedQuery[], rowsTaken = true) {
  const [query] = submitted;
  assert.ok(query !== undefined);
  return { queryId: query.queryId, submittedAt: query.submittedAt, table: query.table, rowsTaken };
}

describe('a result as the snapshot', () => {
  const sandbox = sandboxFor({ seed, results });
  const executions = (sql: string) => sandbox().stats().executions[sql] ?? 0;

  it('has its query id handed over for the journal before anything is read, and is the input it names', async () => {
    const submitted: SubmittedQuery[] = [];
    let chunksWhenJournalled: number | undefined;
    const options = sourceOptions(sandbox(), {
      onQuerySubmitted: (query) => {
        submitted.push(query);
        chunksWhenJournalled = sandbox().stats().chunksServed;
        return Promise.resolve();
      },
    });
    const inspection = await withSource(options, (source) => source.inspect(never));
    assert.equal(chunksWhenJournalled, 0);
    assert.deepEqual(
      submitted.map(({ sql, table }) => [sql, table]),
      [[ssnSql, undefined]],
    );
    assert.ok(Math.abs(Date.parse(submitted[0]?.submittedAt ?? '') - Date.now()) < 60_000);
    const { rows } = inspection;
    assert.ok(rows !== undefined && rows > 1_000);
    assert.deepEqual(inspection.inputs, [
      { role: 'query', name: submitted[0]?.queryId, rows },
      { role: 'range of rows', name: `0 to ${rows}`, rows },
    ]);
  });

  it('is not begun where a load gets through fewer rows before it is gone; what has begun is gone on with', async () => {
    const submitted: SubmittedQuery[] = [];
    const { rows } = await readAll(sourceOptions(sandbox(), {}, { submitted }));
    const inspect = (changes: Parameters<typeof sourceOptions>[1]) =>
      withSource(sourceOptions(sandbox(), changes), (source) => source.inspect(never));
    const before = sandbox().stats().chunksServed;
    await assert.rejects(inspect({ mostRecords: rows - 1 }), (error: unknown) => {
      assert.ok(error instanceof SuperviseError && error.code === 'source');
      assert.match(
        error.message,
        /^vault SSN: 1,\d+ rows are more than a load gets through in 20 hours \(1,\d+ at .*\. Nothing was sent$/,
      );
      assert.match(error.hint ?? '', /snowflake\.snapshot to table.*--start-record.*max_records_per_second/);
      return true;
    });
    assert.equal(sandbox().stats().chunksServed, before);
    const half = { startRecord: 0, endRecord: Math.floor(rows / 2) };
    assert.equal((await inspect({ mostRecords: rows - 1, ...half })).rows, half.endRecord);
    assert.equal((await inspect({ mostRecords: rows })).rows, rows);
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const of = { ...recorded(submitted, false), submittedAt: hoursAgo(10) };
    await assert.rejects(
      inspect({ mostRecords: rows, recorded: of }),
      /Nothing was sent/,
      'half of the time is gone',
    );
    assert.equal((await inspect({ mostRecords: 2 * rows + 10, recorded: of })).rows, rows);
    assert.equal((await inspect({ mostRecords: 1, recorded: { ...of, rowsTaken: true } })).rows, rows);
  });

  it('is read on by query id in new sessions from any row, and the query ran once', async () => {
    const before = executions(ssnSql);
    const submitted: SubmittedQuery[] = [];
    const whole = await readAll(sourceOptions(sandbox(), {}, { submitted }));
    const pairs: Pair[] = [];
    const restarts = [0, 1, 59, 60, 61, 229, 230, 231, 700, whole.rows - 1, whole.rows];
    for (const [index, start] of restarts.entries()) {
      const options = sourceOptions(sandbox(), { recorded: recorded(submitted) });
      const part = await withSource(options, async (source) =>
        pairsOf(await source.open(never), { start, end: restarts[index + 1] ?? whole.rows }, 37),
      );
      pairs.push(...part.pairs);
    }
    assert.deepEqual(pairs, whole.pairs);
    assert.equal(executions(ssnSql), before + 1);
  });

  it('gives rows inside the ranges asked for, however far apart they are', async () => {
    const whole = await readAll(sourceOptions(sandbox()));
    for (const fetchSize of [5, 2_000]) {
      await withSource(sourceOptions(sandbox(), { fetchSize }), async (source) => {
        // Another query: the same rows in its own order.
        const all = await pairsOf(await source.open(never));
        const cursor = await source.open(never);
        for (const [start, end] of [
          [0, 3],
          [3, 4],
          [250, 400],
          [401, 402],
          [900, 901],
        ] as const) {
          assert.deepEqual((await pairsOf(cursor, { start, end }, 64)).pairs, all.pairs.slice(start, end));
        }
        assert.equal(await cursor.read({ start: whole.rows, end: Infinity }, 10), undefined);
        await cursor.close();
        assert.deepEqual(multiset(all.pairs), multiset(whole.pairs));
      });
    }
  });

  it('is divided by start and end record into slices without overlap or gap, of one query', async () => {
    const submitted: SubmittedQuery[] = [];
    const whole = await readAll(sourceOptions(sandbox(), {}, { submitted }));
    const { queryId } = recorded(submitted);
    const before = sandbox().stats().queries.length;
    const slices = [
      [undefined, 400],
      [400, 401],
      [401, undefined],
      [whole.rows + 5, undefined],
    ] as const;
    const united: Pair[] = [];
    for (const [startRecord, endRecord] of slices) {
      const options = sourceOptions(sandbox(), { queryId, startRecord, endRecord });
      await withSource(options, async (source) => {
        const start = Math.min(startRecord ?? 0, whole.rows);
        const { rows, inputs } = await source.inspect(never);
        assert.equal(rows, (endRecord ?? whole.rows) - start);
        assert.equal(inputs[1]?.name, `${start} to ${endRecord ?? whole.rows}`);
        const { pairs } = await pairsOf(await source.open(never));
        assert.deepEqual(
          pairs.map(([position]) => position),
          pairs.map((_pair, index) => index),
        );
        united.push(...pairs.map(([position, ...pair]): Pair => [position + start, ...pair]));
      });
    }
    assert.deepEqual(united, whole.pairs);
    const selects = sandbox()
      .stats()
      .queries.slice(before)
      .filter(({ sqlText }) => !sqlText.startsWith('ALTER'));
    assert.deepEqual(selects, []);
  });

  it('that is gone after a day is a clear error, and no second query is asked', async () => {
    const submitted: SubmittedQuery[] = [];
    await readAll(sourceOptions(sandbox(), {}, { submitted }));
    await plan(sandbox(), { now: { expireResults: true } });
    const before = executions(ssnSql);
    await assert.rejects(
      readAll(sourceOptions(sandbox(), { recorded: recorded(submitted) })),
      (error: Error) => {
        assert.match(error.message, /the result of query \S+ is gone: Snowflake keeps a result for 24 hours/);
        assert.match(String(Reflect.get(error, 'hint')), /--new-run.*upsert.*snowflake\.snapshot: table/s);
        return true;
      },
    );
    assert.equal(executions(ssnSql), before);
  });

  it('that is gone before a row of it was taken is asked for again, and the new query id is handed over', async () => {
    const submitted: SubmittedQuery[] = [];
    const notices: string[] = [];
    const whole = await readAll(sourceOptions(sandbox(), {}, { submitted }));
    await plan(sandbox(), { now: { expireResults: true } });
    const options = sourceOptions(
      sandbox(),
      { recorded: recorded(submitted, false) },
      { submitted, notices },
    );
    assert.deepEqual(multiset((await readAll(options)).pairs), multiset(whole.pairs));
    assert.equal(submitted.length, 2);
    assert.notEqual(submitted[0]?.queryId, submitted[1]?.queryId);
    assert.match(notices.join(), /asking again/);
  });

  it('of a query id that Snowflake does not know is an error that names it', async () => {
    const queryId = '01b2c3d4-0000-1111-2222-000012345678';
    await assert.rejects(readAll(sourceOptions(sandbox(), { queryId })), { message: new RegExp(queryId) });
  });
});

describe('a small part of a result', () => {
  const sandbox = sandboxFor({ seed, results });

  it('never hands out more records than asked for, and downloads no chunk behind the rows asked for', async () => {
    await withSource(sourceOptions(sandbox(), { fetchSize: 10 }), async (source) => {
      const { chunksServed } = sandbox().stats();
      const cursor = await source.open(never);
      const batch = await cursor.read({ start: 0, end: 40 }, 25);
      assert.deepEqual([batch?.start, batch?.end, batch?.values.length], [0, 25, 25]);
      assert.equal((await cursor.read({ start: 25, end: 40 }, 25))?.end, 40);
      assert.equal(sandbox().stats().chunksServed, chunksServed);
      await cursor.close();
    });
  });
});

describe('conflicting pairs', () => {
  const sandbox = sandboxFor({ seed: { rows: 300, conflictingPairs: 4 } });

  it('are counted both ways, and are none where there are none', async () => {
    const conflicting = await checkConflicts(sourceOptions(sandbox()), never);
    const count = async (one: string, other: string) =>
      (
        await sandbox().runSql(
          `SELECT ${one} FROM ELEVANCE.PUBLIC.PATIENTS WHERE ${one} IS NOT NULL AND ${other} IS NOT NULL ` +
            `GROUP BY ${one} HAVING count(DISTINCT ${other}) > 1`,
        )
      ).rows.length;
    assert.deepEqual(conflicting, {
      valuesWithSeveralTokens: await count('SSN', 'SSN_TOKEN'),
      tokensWithSeveralValues: await count('SSN_TOKEN', 'SSN'),
    });
    assert.ok(conflicting.valuesWithSeveralTokens > 0 && conflicting.tokensWithSeveralValues > 0);
    const none = {
      mode: 'custom',
      sql: "SELECT 'a', 't', 1 UNION ALL SELECT 'a', 't', 2 UNION ALL SELECT 'b', NULL, 3",
    } as const;
    assert.deepEqual(await checkConflicts(sourceOptions(sandbox(), { query: none }), never), {
      valuesWithSeveralTokens: 0,
      tokensWithSeveralValues: 0,
    });
  });
});

describe('options that cannot be meant', () => {
  const sandbox = sandboxFor({ seed: { rows: 1 } });
  const cases = {
    'an end that is not beyond the start': [{ startRecord: 5, endRecord: 5 }, /end_record 5/],
    'a query id that is none': [{ queryId: "x'; DROP TABLE y" }, /is no query id/],
    'a query id together with a snapshot table': [
      { queryId: '01b2c3d4-0000-1111-2222-000012345678', snapshot: 'table' },
      /only one of them/,
    ],
  } as const;
  for (const [what, [changes, message]] of Object.entries(cases)) {
    it(`are refused before anyone logs in: ${what}`, () => {
      assert.throws(() => openSnowflakeSource(sourceOptions(sandbox(), changes)), {
        code: 'config',
        message,
      });
      assert.equal(sandbox().stats().sessionsOpened, 0);
    });
  }
});
