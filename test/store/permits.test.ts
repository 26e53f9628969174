import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rateKeys } from '../../src/rates/rates.js';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { STORE_SCHEMA as S, storeSql } from '../../src/store/postgres/schema-sql.js';
import { rateColumns } from '../../src/store/postgres/store-control.js';
import { PermitExpired } from '../../src/vault/post.js';
import { Store } from '../../src/store/postgres/store.js';
import { SharedTable } from '../../src/store/postgres/shared-table.js';
import { StoreControl } from '../../src/store/postgres/store-control.js';
import { StoredRuns } from '../../src/store/postgres/stored-runs.js';
import { StoredWorkers } from '../../src/store/postgres/stored-workers.js';
import { needsPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { makePairs, Workspace } from '../support/workspace.js';
import { acceptAll, clientFor, httpVault, quiet, RECORDS } from '../vault/scripted-vault.js';
import { StoredRun } from './lanes.js';

let postgres: TestPostgres | undefined;
let place: { store: Store; url: string; sandbox: TestSandbox } | undefined;
let workspace: Workspace | undefined;
before(async () => {
  if ('skip' in needsPostgres) return;
  postgres = await TestPostgres.start();
  workspace = await Workspace.create();
  await workspace.writePairs('SSN', makePairs(30, 'ssn'));
  const url = await postgres.createStore();
  const store = await Store.open(url, { name: 'test', connections: 4 });
  place = { store, url, sandbox: await startSandbox(workspace.path) };
});
after(async () => {
  await place?.store.close();
  await place?.sandbox[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
  await workspace?.[Symbol.asyncDispose]();
});

/** A run of three shards. */
async function cut(
  rates: Parameters<typeof StoredRun.cut>[2]['rates'] = {},
): Promise<{ run: StoredRun; runs: StoredRuns }> {
  if (place === undefined || workspace === undefined) throw new Error('there is no store');
  return {
    run: await StoredRun.cut(place, workspace, { shardRows: 10, rates }),
    runs: new StoredRuns(place.store),
  };
}

test('every rate of the configuration has its place in the store', () => {
  assert.equal(rateColumns.length, rateKeys.length);
  for (const column of rateColumns)
    for (const use of [`${column} float8`, `p.${column} END`])
      assert.ok(storeSql.includes(use), `the store knows ${column}`);
});

const one = { records: 10, bytes: 1_000 };
const signal = quiet();

test(
  'requests, records and bytes per second are one budget of all who send to a table',
  needsPostgres,
  async () => {
    for (const rates of [
      { max_requests_per_second: 60 },
      { max_records_per_second: 600 },
      { max_bytes_per_second: 60_000 },
    ]) {
      const { run } = await cut(rates);
      const owners = await Promise.all([0, 1, 2].map((shard) => run.permits(shard)));
      const startedMs = performance.now();
      const each = async (owner: (typeof owners)[number]): Promise<void> => {
        for (let count = 0; count < 10; count += 1) await owner.enter(one, signal);
      };
      await Promise.all(owners.map(each));
      const tookMs = performance.now() - startedMs;
      // Thirty of them, sixty a second; so much of it at once as a late timer needs.
      assert.ok(tookMs >= 400, `${JSON.stringify(rates)}: ${tookMs} ms`);
    }
  },
);

test(
  'whoever reads a table back, or retries into it, takes its share of what a run may send, and keeps below a limit of its own',
  needsPostgres,
  async () => {
    if (place === undefined) throw new Error('there is no store');
    const { store } = place;
    const many = async (who: Pick<SharedTable, 'enter'>, count: number): Promise<void> => {
      for (let at = 0; at < count; at += 1) await who.enter(one, signal);
    };
    const took = async (work: () => Promise<unknown>): Promise<number> => {
      const startedMs = performance.now();
      await work();
      return performance.now() - startedMs;
    };
    const { run } = await cut({ max_records_per_second: 600 });
    const owner = await run.permits(0);
    const reader = await SharedTable.open(store, run.id, {});
    const slow = await SharedTable.open(store, run.id, { max_requests_per_second: 20 });
    // Thirty requests of ten records, and six of twenty a second; so much of it at once as a late timer needs.
    assert.ok((await took(() => Promise.all([many(owner, 15), many(reader, 15)]))) >= 400);
    assert.ok((await took(() => many(slow, 6))) >= 180);
    const pausedMs = await took(async () => {
      await owner.pause(400);
      await many(reader, 1);
    });
    assert.ok(pausedMs >= 350);
  },
);

test(
  'a run of one machine and a run of the store keep each other out of a table; who is gone for good is forgotten',
  needsPostgres,
  async () => {
    if (place === undefined || workspace === undefined) throw new Error('there is no store');
    const [{ store }, here] = [place, workspace];
    const at = place;
    const isLocked = (holder: string) => (error: unknown) =>
      error instanceof SuperviseError && error.code === 'locked' && error.message.includes(holder);
    const cutInto = (target: string) => StoredRun.cut(at, here, { shardRows: 30, target });
    const first = await cutInto('both');
    const table = await SharedTable.open(store, 'both', {});
    await assert.rejects(table.take('retry-1', 'SSN'), isLocked(first.id));
    await first.finish();
    await table.take('retry-1', 'SSN');
    await table.take('retry-1', 'SSN');
    await assert.rejects(cutInto('both'), isLocked('retry-1'));
    await table.letGo('retry-1');
    await (await cutInto('both')).finish();
    await table.take('killed', 'SSN');
    const runs = new StoredRuns(store);
    assert.equal(await runs.forget('killed'), true);
    assert.equal(await runs.forget('killed'), false);
    await cutInto('both');
  },
);

test('a rest that a vault asks one of them for is everybody’s', needsPostgres, async () => {
  const { run } = await cut();
  const [asked, other] = await Promise.all([run.permits(0), run.permits(1)]);
  await other.enter(one, signal);
  const startedMs = performance.now();
  await asked.pause(400);
  await other.enter(one, signal);
  assert.ok(performance.now() - startedMs >= 350);
});

test(
  'nobody is permitted anything behind another owner, in a pause, after a stop, or when the vault is ended',
  needsPostgres,
  async () => {
    const { run, runs } = await cut();
    const refusalOf = async (shard: number, act: () => Promise<unknown>): Promise<string> => {
      const stop = new AbortController();
      let refusal = '';
      const onRefused = (told: string): void => {
        refusal = told;
        stop.abort(new Error('told'));
      };
      const permits = await run.permits(shard, { onRefused });
      await permits.enter(one, signal);
      await act();
      await assert.rejects(permits.enter(one, stop.signal), /told/);
      return refusal;
    };
    assert.equal(await refusalOf(0, () => run.permits(0)), 'fenced');
    assert.equal(await refusalOf(1, () => runs.setControl(run.id, 'stop')), 'stop');
    for (const late of ['pause', 'go'] as const) {
      await runs.setControl(run.id, late);
      assert.equal((await runs.run(run.id))?.control, 'stop', 'who has not seen it yet takes it back');
    }
    await place?.store.tell(`UPDATE ${S}.run SET control='pause' WHERE run=$1`, [run.id]);
    const paused = await run.permits(2);
    let isLetIn = false;
    const entering = paused.enter(one, signal).then(() => (isLetIn = true));
    await run.permits(0);
    assert.equal(isLetIn, false);
    await runs.setControl(run.id, 'go');
    await entering;
    const ended = () => runs.endVault(run.id, 'SSN', { code: 'refused', message: 'no' });
    assert.equal(await refusalOf(1, ended), 'ended');
  },
);

test('nobody waits for an owner who was not heard of lately', needsPostgres, async () => {
  const { run, runs } = await cut();
  if (place === undefined) throw new Error('there is no store');
  const { store } = place;
  const owned = async (): Promise<number | undefined> => (await runs.vaults(run.id))[0]?.shards_owned;
  await run.permits(0);
  assert.equal(await owned(), 0, 'nobody knows him');
  const id = 'lane-0';
  await new StoredWorkers(store).beat({ id, host: 'here', pid: 1, version: '0', lanes: 1 });
  assert.equal(await owned(), 1);
  await store.tell(`UPDATE ${S}.worker SET seen_at = now() - interval '16 seconds' WHERE worker = $1`, [id]);
  assert.equal(await owned(), 0, 'he is gone');
});

test('whoever answers an order late does not take back the answer to the next', needsPostgres, async () => {
  const { run } = await cut();
  if (place === undefined) throw new Error('there is no store');
  const control = new StoreControl(place.store, run.id);
  await control.give({ kind: 'pause' });
  const late = await control.answered();
  const { number } = await control.give({ kind: 'go' });
  assert.ok(late !== undefined && late.number < number);
  await control.answer(late);
  const answered = await control.answered();
  assert.deepEqual([answered?.number, answered?.paused], [number, false]);
});

test('a turn is asked for when the one before has ended, and not before', needsPostgres, async (t) => {
  const { run } = await cut();
  const permits = await run.permits(0);
  const store = place?.store;
  if (store === undefined) throw new Error('there is no store');
  const told: string[] = [];
  const ask = store.ask.bind(store);
  const tell = store.tell.bind(store);
  t.mock.method(store, 'ask', (...asked: Parameters<typeof ask>) => {
    told.push('asked');
    return ask(...asked);
  });
  t.mock.method(store, 'tell', async (...asked: Parameters<typeof tell>) => {
    await tell(...asked);
    told.push('ended');
  });
  const first = await permits.take(signal);
  first?.();
  const second = await permits.take(signal);
  // Were it the other way round, the end of the first turn would end the second one, which somebody else could take.
  assert.deepEqual(told, ['asked', 'ended', 'asked']);
  assert.ok(second);
});

test(
  'a permission is too old by the larger of two clocks: one may stand still, the other be set back',
  needsPostgres,
  async (t) => {
    const { run } = await cut();
    const permits = await run.permits(0, { ttlMs: 60_000 });
    for (const [clock, other] of [
      [Date, performance],
      [performance, Date],
    ] as const) {
      const stillAllowed = await permits.enter(one, signal);
      assert.equal(stillAllowed(), true);
      const [now, before] = [clock.now(), other.now()];
      t.mock.method(clock, 'now', () => now + 60_001);
      t.mock.method(other, 'now', () => before - 5_000);
      assert.equal(stillAllowed(), false);
      t.mock.restoreAll();
    }
  },
);

test('a request whose permission is too old when its first byte is due is never sent', async () => {
  let seen = 0;
  await using vault = await httpVault((request, response) => {
    seen += 1;
    acceptAll(request, response);
  });
  const client = await clientFor(vault.url);
  try {
    const request = client.encode(RECORDS, 'bulk');
    const stillAllowed = () => false;
    await assert.rejects(client.insert(request, { signal, stillAllowed }), PermitExpired);
    await assert.rejects(client.lookup(RECORDS.tokens, { signal, stillAllowed }), PermitExpired);
    assert.equal(seen, 0);
    await client.insert(request, { signal, stillAllowed: () => true });
    assert.equal(seen, 1);
  } finally {
    await client.close();
  }
});
