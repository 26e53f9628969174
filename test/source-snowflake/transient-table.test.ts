import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SubmittedQuery } from '../../src/source/snowflake/snowflake-options.js';
import { multiset, never, pairsOf, plan, readAll, sandboxFor, sourceOptions, withSource } from './fixture.js';

const seed = { rows: 1_500 };
const results = { inlineRows: 60, chunkRows: 170 };

function recorded(submitted: readonly SubmittedQuery[], rowsTaken = true) {
  const [query] = submitted;
  assert.ok(query !== undefined);
  return { queryId: query.queryId, submittedAt: query.submittedAt, table: query.table, rowsTaken };
}

describe('a transient table as the snapshot', () => {
  const sandbox = sandboxFor({ seed, results });
  const tables = async () =>
    (
      await sandbox().runSql(
        "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'SKYFLOW_SUPERVISE%'",
      )
    ).rows;
  const table = { snapshot: 'table', scratchSchema: 'SKYFLOW_DEMO.PUBLIC' } as const;

  for (const query of [
    { mode: 'simple' },
    { mode: 'custom', sql: 'SELECT SSN, SSN_TOKEN, ID FROM ELEVANCE.PUBLIC.PATIENTS -- three columns' },
  ] as const) {
    it(`holds the pairs of mode ${query.mode}, is found again by its name, and is dropped after a complete load`, async () => {
      const submitted: SubmittedQuery[] = [];
      const options = sourceOptions(sandbox(), { ...table, query }, { submitted });
      const first = await withSource(
        options,
        async (source) => {
          const { inputs } = await source.inspect(never);
          assert.deepEqual([inputs[0]?.role, inputs[0]?.name], ['snapshot table', submitted[0]?.table]);
          return pairsOf(await source.open(never), { start: 0, end: 611 });
        },
        { completed: false },
      );
      assert.equal((await tables()).length, 1);
      // The result of the statement that made it is not needed: it may be gone.
      await plan(sandbox(), { now: { expireResults: true } });
      const rest = await withSource({ ...options, recorded: recorded(submitted) }, async (source) =>
        pairsOf(await source.open(never), { start: 611, end: Infinity }),
      );
      const united = [...first.pairs, ...rest.pairs];
      const direct = await readAll(sourceOptions(sandbox(), { query }));
      assert.deepEqual(multiset(united), multiset(direct.pairs));
      assert.equal(first.rows + rest.rows, direct.rows);
      assert.equal(submitted.length, 1);
      assert.deepEqual(await tables(), []);
    });
  }

  it('is kept when that is asked for', async () => {
    await readAll(sourceOptions(sandbox(), { ...table, keepSnapshot: true }));
    const left = await tables();
    assert.equal(left.length, 1);
    await sandbox().runSql(`DROP TABLE SKYFLOW_DEMO.PUBLIC.${String(left[0]?.[0])}`);
  });

  it('that somebody dropped in the middle of a load is an error, and no other is made', async () => {
    const submitted: SubmittedQuery[] = [];
    const options = sourceOptions(sandbox(), table, { submitted });
    await withSource(options, async (source) => pairsOf(await source.open(never), { start: 0, end: 10 }), {
      completed: false,
    });
    await sandbox().runSql(`DROP TABLE ${submitted[0]?.table ?? ''}`);
    await assert.rejects(
      readAll({ ...options, recorded: recorded(submitted) }),
      /the snapshot table \S+ is gone/,
    );
    assert.deepEqual([submitted.length, await tables()], [1, []]);
  });

  it('cannot be made in a schema that is not there, which is said with the SQL', async () => {
    const options = sourceOptions(sandbox(), { ...table, scratchSchema: 'NO_SUCH_SCHEMA' });
    await assert.rejects(readAll(options), /CREATE TRANSIENT TABLE D01_SKYFLOW_POC\.NO_SUCH_SCHEMA\./);
  });
});
