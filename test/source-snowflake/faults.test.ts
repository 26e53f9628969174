import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultsInput, SandboxEvent } from '../../src/sandbox/snowflake/faults.js';
import type { SubmittedQuery } from '../../src/source/snowflake/snowflake-options.js';
import {
  never,
  pairsOf,
  plan,
  readAll,
  sandboxFor,
  sourceOptions,
  withSource,
  type Pair,
} from './fixture.js';

const rows = 1_000;
const sql = `SELECT 'value ' || i::VARCHAR, 'token ' || i::VARCHAR FROM range(${rows}) t(i) ORDER BY i`;
const query = { mode: 'custom', sql } as const;
const expected = Array.from({ length: rows }, (_unused, index): Pair => [
  index,
  `value ${index}`,
  `token ${index}`,
]);
/** Chunks 0 to 2 hold 300 rows each, from row 100 on. */
const results = { inlineRows: 100, chunkRows: 300 };

describe('a source whose Snowflake fails', () => {
  const sandbox = sandboxFor({ seed: { rows: 1 }, results });

  /** Reads everything; the fault strikes when `strikesAt` rows have been read. */
  async function readThrough(
    faults: FaultsInput & { now?: Partial<SandboxEvent> },
    { strikesAt = 0, watchdogMs = 60_000 } = {},
  ) {
    const notices: string[] = [];
    const options = sourceOptions(sandbox(), { query, watchdogMs, fetchSize: 50 }, { notices });
    const before = sandbox().stats().executions[sql] ?? 0;
    const pairs = await withSource(options, async (source) => {
      const cursor = await source.open(never);
      const first = await pairsOf(cursor, { start: 0, end: strikesAt }, 50);
      await plan(sandbox(), faults);
      return [...first.pairs, ...(await pairsOf(cursor, { start: strikesAt, end: Infinity }, 50)).pairs];
    });
    assert.equal((sandbox().stats().executions[sql] ?? 0) - before, 1);
    return { pairs, notices };
  }

  for (const kind of ['empty', 'truncated'] as const) {
    it(`goes on at the next row when an awaited chunk is ${kind} and the driver hangs`, async () => {
      const { pairs, notices } = await readThrough(
        { chunks: [{ kind, chunk: 0 }] },
        { strikesAt: 100, watchdogMs: 1_000 },
      );
      assert.deepEqual(pairs, expected);
      assert.match(notices.join(), /cannot read the result from row 100 on/);
    });
  }

  it('never succeeds when a chunk has fewer rows than it should, and hands out no row at a wrong position', async () => {
    for (const chunk of [0, 1, 2]) {
      // Every time: what the driver of the reader before has read ahead may be on its way yet, and would use it up.
      await plan(sandbox(), { chunks: [{ kind: 'short', chunk, times: 1_000 }] });
      const seen: Pair[] = [];
      await withSource(sourceOptions(sandbox(), { query, fetchSize: 100_000 }), async (source) => {
        const cursor = await source.open(never);
        const readOn = async () => {
          while (seen.length < rows)
            seen.push(...(await pairsOf(cursor, { start: seen.length, end: seen.length + 10 }, 10)).pairs);
        };
        await assert.rejects(readOn(), {
          code: 'source',
          message: /it has 1,000 rows, and row \d+ .* did not come/,
        });
      });
      assert.deepEqual(seen, expected.slice(0, 100 + 300 * chunk + 150));
    }
  });

  it('gets through chunks that are refused or cut off', async () => {
    const chunks = [
      { kind: 'forbidden', chunk: 1 },
      { kind: 'reset', chunk: 2 },
    ] as const;
    assert.deepEqual((await readThrough({ chunks: [...chunks] })).pairs, expected);
  });

  it('opens the result again before its chunk URLs expire', async () => {
    const { requests } = sandbox().stats();
    const options = sourceOptions(sandbox(), { query, fetchSize: 100_000, reopenAfterMs: 0 });
    assert.deepEqual((await readAll(options)).pairs, expected);
    assert.ok((sandbox().stats().requests['result'] ?? 0) - (requests['result'] ?? 0) >= 4);
  });

  for (const expireSessions of ['renewable', 'final', 'gone'] as const) {
    it(`goes on by query id when its session expires (${expireSessions})`, async () => {
      const { pairs } = await readThrough({ now: { expireSessions } }, { strikesAt: 150 });
      assert.deepEqual(pairs, expected);
    });
  }

  it('outlives a restart of the server in the middle', async () => {
    const options = sourceOptions(sandbox(), { query, fetchSize: 50, watchdogMs: 2_000 });
    const pairs = await withSource(options, async (source) => {
      const cursor = await source.open(never);
      const first = await pairsOf(cursor, { start: 0, end: 120 }, 50);
      await sandbox().stop();
      await sandbox().start();
      return [...first.pairs, ...(await pairsOf(cursor, { start: 120, end: Infinity }, 50)).pairs];
    });
    assert.deepEqual(pairs, expected);
  });

  it('gives up after some failures without a new row, and says how often and at which row', async () => {
    const faults = { chunks: [{ kind: 'empty', chunk: 1, times: 1_000 } as const] };
    await assert.rejects(readThrough(faults, { watchdogMs: 1_000 }), {
      code: 'source',
      message: /cannot read the result from row 400 on.*\(4 times in a row\)/s,
    });
  });

  it('forgets failures when rows come: more of them than its patience, far apart, are survived', async () => {
    const notices: string[] = [];
    const options = sourceOptions(sandbox(), { query, fetchSize: 50 }, { notices });
    const seen: Pair[] = [];
    await withSource(options, async (source) => {
      const cursor = await source.open(never);
      for (let at = 0; at < rows; at += 100) {
        await plan(sandbox(), { now: { expireSessions: 'gone' } });
        seen.push(...(await pairsOf(cursor, { start: at, end: at + 100 }, 50)).pairs);
      }
    });
    assert.deepEqual(seen, expected);
    assert.ok(notices.length > 4);
  });
});

describe('a process that reads from Snowflake', () => {
  const sandbox = sandboxFor({ seed: { rows: 1 }, results });

  /** Reads from a row on in a process of its own, which pauses in the middle for `meanwhile`. */
  async function read(
    { queryId, start = 0, watchdogMs = 60_000 }: { queryId: string; start?: number; watchdogMs?: number },
    meanwhile?: () => Promise<void>,
  ): Promise<{ pairs: string[]; code: unknown }> {
    const script = fileURLToPath(new URL('processes/row-reader.js', import.meta.url));
    const pauseAt = meanwhile === undefined ? '-1' : '150';
    const reader = spawn(
      process.execPath,
      [script, sandbox().accessUrl, queryId, String(start), pauseAt, String(watchdogMs)],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    const closed = once(reader, 'close');
    const pairs: string[] = [];
    for await (const line of createInterface({ input: reader.stdout })) {
      if (line !== 'paused') pairs.push(line);
      else {
        await meanwhile?.();
        reader.stdin.end('\n');
      }
    }
    const [code] = (await closed) as unknown[];
    return { pairs, code };
  }
  const lines = expected.map((pair) => pair.join(' '));
  const submit = async () => {
    const submitted: SubmittedQuery[] = [];
    await withSource(sourceOptions(sandbox(), { query }, { submitted }), (source) => source.inspect(never));
    return submitted[0]?.queryId ?? '';
  };

  it('may die of a broken chunk that was read ahead: the next one goes on at the same row of the same query', async () => {
    const queryId = await submit();
    const { executions, chunksServed } = sandbox().stats();
    await plan(sandbox(), { chunks: [{ kind: 'truncated', chunk: 1 }] });
    const bothChunksServed = async () => {
      while (sandbox().stats().chunksServed < chunksServed + 2) await setImmediate();
    };
    const pairs: string[] = [];
    for (let code: unknown; code !== 0;) {
      const part = await read({ queryId, start: pairs.length, watchdogMs: 1_000 }, bothChunksServed);
      pairs.push(...part.pairs);
      code = part.code;
    }
    assert.deepEqual(pairs, lines);
    assert.deepEqual(sandbox().stats().faults, { 'chunk truncated': 1 });
    assert.equal(sandbox().stats().executions[sql], executions[sql]);
  });

  it('gets through chunk URLs that expire in the middle of a result', async () => {
    const queryId = await submit();
    const { pairs, code } = await read({ queryId, watchdogMs: 1_000 }, () =>
      plan(sandbox(), { now: { expireChunkUrls: true } }),
    );
    assert.deepEqual({ pairs, code }, { pairs: lines, code: 0 });
  });

  it('killed at any row, leaves a result that the next one reads on', async () => {
    const queryId = await submit();
    const before = sandbox().stats().executions[sql];
    const random = Math.floor(Math.random() * rows);
    const { pairs } = await read({ queryId, start: random });
    assert.deepEqual(pairs, lines.slice(random), `from row ${random}`);
    assert.equal(sandbox().stats().executions[sql], before);
  });
});

describe('an interrupt', () => {
  const sandbox = sandboxFor({ seed: { rows: 1 }, results });
  const statusOfQuery = () =>
    sandbox()
      .stats()
      .queries.find(({ sqlText }) => sqlText === sql)?.status;

  it('before the first row cancels the query', async () => {
    await plan(sandbox(), { slowQueryMs: 600_000 });
    const stop = new AbortController();
    const reason = new Error('asked to stop');
    const options = sourceOptions(sandbox(), {
      query,
      onQuerySubmitted: () => {
        stop.abort(reason);
        return Promise.resolve();
      },
    });
    await withSource(options, (source) => assert.rejects(source.inspect(stop.signal), reason), {
      completed: false,
    });
    assert.equal(statusOfQuery(), 'ABORTED');
  });

  it('ends a cursor that waits for a row', async () => {
    const stop = new AbortController();
    const reason = new Error('asked to stop');
    await plan(sandbox(), {});
    await withSource(sourceOptions(sandbox(), { query, fetchSize: 10 }), async (source) => {
      const cursor = await source.open(stop.signal);
      await cursor.read({ start: 0, end: 100 }, 100);
      await plan(sandbox(), { chunks: [{ kind: 'empty', times: 10 }] });
      const waiting = cursor.read({ start: 100, end: 200 }, 100);
      stop.abort(reason);
      await assert.rejects(waiting, reason);
      await cursor.close();
    });
  });
});
