import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import * as z from 'zod';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { extendRun } from '../../src/store/postgres/record-run.js';
import { STORE_SCHEMA as S } from '../../src/store/postgres/schema-sql.js';
import { Store } from '../../src/store/postgres/store.js';
import { StoredRuns } from '../../src/store/postgres/stored-runs.js';
import { askDatabase, needsPostgres, TestPostgres } from '../support/postgres.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';
import { StoredRun, type JobOptions } from './lanes.js';

const statsSchema = z.object({ max_in_flight: z.int(), in_flight: z.int(), requests: z.int() });

let postgres: TestPostgres | undefined;
let store: Store | undefined;
let url = '';
before(async () => {
  if ('skip' in needsPostgres) return;
  postgres = await TestPostgres.start();
  url = await postgres.createStore();
  store = await Store.open(url, { name: 'test', connections: 3 });
});
after(async () => {
  await store?.close();
  await postgres?.[Symbol.asyncDispose]();
});

interface Placed {
  readonly sandbox: TestSandbox;
  readonly workspace: Workspace;
  readonly sent: () => Promise<string[]>;
  readonly stats: () => Promise<z.infer<typeof statsSchema>>;
  readonly cut: (settings: Parameters<typeof StoredRun.cut>[2], options?: JobOptions) => Promise<StoredRun>;
}

/** Rows in files, a vault, and a run that is cut from them. */
async function placed(
  t: { after(fn: () => Promise<void>): void },
  pairs: readonly (readonly [string, string])[],
  faults: readonly string[] = [],
): Promise<Placed> {
  const workspace = await Workspace.create();
  t.after(async () => workspace[Symbol.asyncDispose]());
  await workspace.writePairs('SSN', pairs);
  const sandbox = await startSandbox(workspace.path, faults);
  t.after(async () => sandbox[Symbol.asyncDispose]());
  return {
    ...{ sandbox, workspace },
    sent: () => sandbox.pairs(vaults.SSN.id, 'ssn'),
    stats: async () => statsSchema.parse(await sandbox.stats()),
    cut: (settings, options) => {
      if (store === undefined) throw new Error('there is no store');
      return StoredRun.cut({ store, url, sandbox }, workspace, settings, options);
    },
  };
}

async function controlOf(run: StoredRun): Promise<string | undefined> {
  const row = z.object({ control: z.string() });
  return (
    await askDatabase(url, row, `SELECT control FROM skyflow_supervise.vault WHERE run = '${run.id}'`)
  )[0]?.control;
}

test(
  'until a record came back one request at a time is sent, by all lanes together; then many',
  needsPostgres,
  async (t) => {
    const { cut, stats, sandbox } = await placed(t, makePairs(120, 'ssn'), [
      'latency.fixedMs=15',
      'poisonPattern=^ssn value',
    ]);
    const run = await cut({ shardRows: 60 }, { performance: { max_concurrency: 4 } });
    const refused = await Promise.all([run.lane(0, 60).ended, run.lane(1, 60).ended]);
    for (const { error } of refused) assert.equal(error?.code, 'refused');
    const { max_in_flight: atOnce, requests } = await stats();
    assert.equal(atOnce, 1);
    assert.ok(requests >= 6, 'each lane has tried three batches');

    // Slow enough that several are on their way at once, however busy this machine is.
    await sandbox.set({ poisonPattern: '', latency: { fixedMs: 200 } });
    const ended = await Promise.all([run.lane(0, 60).ended, run.lane(1, 60).ended]);
    for (const { status, error } of ended) assert.equal(status, 'complete', error?.message);
    assert.ok((await stats()).max_in_flight > 2);
  },
);

test(
  'who takes a shard over is the only owner from then on, and asks for what was on its way only when nothing of it can come any more',
  needsPostgres,
  async (t) => {
    const pairs = makePairs(80, 'ssn');
    const { cut, sent, sandbox } = await placed(t, pairs, ['latency.fixedMs=150']);
    const run = await cut(
      { shardRows: 80 },
      { performance: { max_concurrency: 2 }, skyflow: { settle_ms: 200 } },
    );
    const first = run.lane(0, 80);
    await waitUntil('something was sent', async () => (await sent()).length > 20);
    // From here on the vault is slower than what permits a request lasts.
    await sandbox.set({ latency: { fixedMs: 700 } });
    const startedMs = performance.now();
    const next = run.lane(0, 80, { permitTtlMs: 1_300 });
    const fenced = await first.ended;
    assert.equal(fenced.error?.code, 'fenced');
    const { status, error } = await next.ended;
    assert.equal(status, 'complete', error?.message);
    // settle_ms, and the longest that a permission of the owner before may have lasted.
    assert.ok(performance.now() - startedMs >= 1_500);
    assert.deepEqual(await sent(), asMultiset(pairs));
  },
);

test(
  'a token that stands in another shard too proves nothing of a row whose answer was lost',
  needsPostgres,
  async (t) => {
    const pairs = makePairs(40, 'ssn');
    // The last row of the first shard and the second row of the other are the same.
    const twice = pairs.with(21, pairs[19] ?? ['', '']);
    const { cut, sent, stats, sandbox } = await placed(t, twice);
    const run = await cut({ shardRows: 20 }, { performance: { max_concurrency: 1 } });
    assert.equal((await run.lane(0, 20).ended).status, 'complete');
    // Nothing of the other shard comes to the vault, and nobody is told.
    await sandbox.set({ hangBefore: { rate: 1 } });
    const lost = run.lane(1, 20);
    await waitUntil('a request was lost', async () => (await stats()).in_flight > 0);
    lost.stop.stop(new SuperviseError('interrupted', 'killed'), 0);
    await lost.ended;
    await sandbox.set({ hangBefore: { rate: 0 } });
    const { status, snapshot } = await run.lane(1, 20).ended;
    assert.equal(status, 'failures');
    assert.equal(snapshot.read, 20);
    const held = await askDatabase(
      url,
      z.object({ held: z.coerce.number() }),
      `SELECT held FROM skyflow_supervise.shard WHERE run = '${run.id}' AND shard = 1`,
    );
    assert.deepEqual(held, [{ held: 1 }]);
    assert.deepEqual(await sent(), asMultiset(twice.filter((_, at) => at !== 21)));
  },
);

test('max_errors counts what fails on all machines, as a number and as a share', needsPostgres, async (t) => {
  const { cut } = await placed(t, makePairs(1_400, 'ssn'), ['poisonPattern=[05]$']);
  const performance = { max_concurrency: 2, batch_size: 50, max_errors: 100_000 };
  const byNumber = await cut(
    { shardRows: 200, maxFailed: 60, target: 'a' },
    { performance: { ...performance, batch_size: 10 } },
  );
  assert.equal((await byNumber.lane(0, 200).ended).status, 'failures');
  assert.equal(await controlOf(byNumber), 'go');
  assert.equal((await byNumber.lane(1, 200).ended).error?.code, 'too_many_errors');
  assert.equal(await controlOf(byNumber), 'too_many_errors');

  // A fifth fails; in no shard alone are there a thousand records.
  const byShare = await cut({ shardRows: 700, maxErrorShare: 0.1, target: 'b' }, { performance });
  assert.equal((await byShare.lane(0, 700).ended).status, 'failures');
  assert.equal(await controlOf(byShare), 'go');
  assert.equal((await byShare.lane(1, 700).ended).error?.code, 'too_many_errors');
  const enough = await cut({ shardRows: 700, maxErrorShare: 0.3, target: 'c' }, { performance });
  const ends = await Promise.all([enough.lane(0, 700).ended, enough.lane(1, 700).ended]);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['failures', 'failures'],
  );
  assert.equal(await controlOf(enough), 'go');
});

test(
  'a machine whose files are not those that the run was cut from sends nothing',
  needsPostgres,
  async (t) => {
    const { cut, workspace, stats } = await placed(t, makePairs(60, 'ssn'));
    const run = await cut({ shardRows: 30 });
    const { requests } = await stats();
    const file = workspace.at('data', 'ssn_data.csv');
    const text = await readFile(file, 'utf8');
    // As long as before: only its content tells.
    await writeFile(file, text.replace('ssn value 45', 'ssn value 54'));
    const { error } = await run.lane(1, 30).ended;
    assert.equal(error?.code, 'input_changed');
    assert.equal((await stats()).requests, requests);
    await writeFile(file, text);
    assert.equal((await run.lane(1, 30).ended).status, 'complete');
  },
);

test('one run at a time loads into a table, whoever asks', needsPostgres, async (t) => {
  const { cut } = await placed(t, makePairs(10, 'ssn'));
  const first = await cut({ shardRows: 10, target: 'table' });
  await assert.rejects(cut({ shardRows: 10, target: 'table' }), (error) => {
    assert.ok(error instanceof Error && error.message.includes(first.id));
    return 'code' in error && error.code === 'locked';
  });
  await first.finish();
  // A limit that is raised behind the end of a run has the same table again, once.
  const more = [{ name: 'SSN', shards: [{ start: 10, end: 20 }], isLimited: false }];
  const extended = async (): Promise<void> => store && extendRun(store, first.id, more);
  await extended();
  await extended();
  await assert.rejects(cut({ shardRows: 10, target: 'table' }), { code: 'locked' });
  const shards = await askDatabase(
    url,
    z.object({ shard: z.int(), start_row: z.coerce.number() }),
    `SELECT shard, start_row FROM skyflow_supervise.shard WHERE run='${first.id}' ORDER BY shard`,
  );
  assert.deepEqual(shards, [
    { shard: 0, start_row: 0 },
    { shard: 1, start_row: 10 },
  ]);
  await first.finish();
  const other = await cut({ shardRows: 10, target: 'table' });
  const beyond = [{ name: 'SSN', shards: [{ start: 20, end: 30 }], isLimited: false }];
  await assert.rejects(
    async () => store && extendRun(store, first.id, beyond),
    (error) => {
      assert.ok(error instanceof Error && error.message.includes(other.id));
      return 'code' in error && error.code === 'locked';
    },
  );
});

test('a run that somebody puts more behind at that moment is not at its end', needsPostgres, async (t) => {
  const { cut } = await placed(t, makePairs(10, 'ssn'));
  const run = await cut({ shardRows: 10, target: 'moment' });
  const own = store;
  if (own === undefined) throw new Error('there is no store');
  const waiting = async (): Promise<number> => {
    const sql = `SELECT count(DISTINCT pid)::int AS waiting FROM pg_locks JOIN pg_stat_activity USING (pid)
                   WHERE NOT granted AND datname = current_database()`;
    return (await askDatabase(url, z.object({ waiting: z.int() }), sql))[0]?.waiting ?? 0;
  };
  const both = await own.transaction(async (client) => {
    await client.query(`SELECT 1 FROM ${S}.target WHERE target='moment' FOR UPDATE`);
    const shards = [{ start: 10, end: 20 }];
    const extending = extendRun(own, run.id, [{ name: 'SSN', shards, isLimited: false }]);
    await waitUntil('it has begun to be extended', async () => (await waiting()) === 1);
    const finishing = run.finish();
    await waitUntil('it is to be brought to its end', async () => (await waiting()) === 2);
    return [extending, finishing];
  });
  await Promise.all(both);
  const runs = new StoredRuns(own);
  assert.equal((await runs.run(run.id))?.is_finished, false);
  const held = z.object({ run: z.string().nullable() });
  assert.deepEqual(
    await askDatabase(url, held, `SELECT run FROM ${S}.target WHERE target='moment'`),
    [{ run: run.id }],
    'others could load into its table',
  );
  await run.finish();
  assert.equal((await runs.run(run.id))?.is_finished, true);
});

test(
  'an outage of the vault is a rest for everybody: no part ends for it, who comes later does not ask, and nothing is missing',
  needsPostgres,
  async (t) => {
    const pairs = makePairs(180, 'ssn');
    const { cut, sent, sandbox } = await placed(t, pairs, ['latency.fixedMs=100']);
    const run = await cut({ shardRows: 60 }, { performance: { max_concurrency: 1 } });
    const first = run.lane(0, 60);
    await waitUntil('a record came back', async () => (await sent()).length > 0);
    await sandbox.set({ outage: { rate: 1 }, retryAfterSeconds: 1 });
    const target = `target WHERE run = '${run.id}'`;
    await waitUntil('a rest has begun', async () => {
      const row = z.object({ is_resting: z.boolean() });
      const now = 'extract(epoch FROM clock_timestamp()) * 1000';
      const rests = await askDatabase(
        url,
        row,
        `SELECT paused_until > ${now} AS is_resting FROM ${S}.${target}`,
      );
      return rests[0]?.is_resting === true;
    });
    // It lasts, as if the vault had asked for more.
    await store?.tell(`SELECT ${S}.pause(target, 3600000) FROM ${S}.${target}`);
    const requests = await sandbox.requestsAtRest();
    const others = [run.lane(1, 60), run.lane(2, 60)];
    await waitUntil('they have something to send', async () => {
      const sql = `SELECT DISTINCT shard FROM ${S}.line WHERE run = '${run.id}' AND shard > 0 AND line LIKE 'handed %'`;
      return (await askDatabase(url, z.unknown(), sql)).length === 2;
    });
    assert.equal(await sandbox.requestsAtRest(), requests);
    await store?.tell(`UPDATE ${S}.target SET paused_until = 0 WHERE run = '${run.id}'`);
    await sandbox.set({ outage: { rate: 0 } });
    const ends = await Promise.all([first, ...others].map(({ ended }) => ended));
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['complete', 'complete', 'complete'],
    );
    assert.deepEqual(await sent(), asMultiset(pairs));
  },
);
