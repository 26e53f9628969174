import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as z from 'zod';
import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { STORE_SCHEMA as S } from '../../src/store/postgres/schema-sql.js';
import { Store } from '../../src/store/postgres/store.js';
import { StoreJournal } from '../../src/store/postgres/store-journal.js';
import { SPELLINGS } from '../../benchmarks/acceptance/spellings.js';
import { needsPostgres, TestPostgres } from '../support/postgres.js';
import { header, testJournalStore, type StorePlace } from '../journal/store-contract.js';

const postgres = 'skip' in needsPostgres ? undefined : await TestPostgres.start();
const shardOf = (run: string) => ({ run, vault: 'SSN', shard: 0 });
let runs = 0;
const store = await Store.open((await postgres?.createStore()) ?? 'postgres://127.0.0.1/none', {
  name: 'test',
  connections: 3,
});
after(async () => {
  await store.close();
  await postgres?.[Symbol.asyncDispose]();
});

/** A shard with a run of its own; all runs are in one database. */
async function newPlace(from?: string): Promise<StorePlace> {
  const run = `run-${(runs += 1)}`;
  const copied: readonly (readonly [string, string])[] = [
    ['run', 'version, record'],
    ['vault', 'vault, target, plan'],
    [
      'shard',
      'vault, shard, start_row, end_row, state, epoch, seq, durable_seq, reserved_to, owner, rows_done, uploaded, confirmed, failed, held',
    ],
    ['line', 'vault, shard, seq, epoch, line'],
    ['entry', 'vault, shard, seq, n, entry'],
  ];
  if (from === undefined) {
    await store.tell(`INSERT INTO ${S}.run (run, version, record) VALUES ($1, '0', '{}')`, [run]);
    await store.tell(`INSERT INTO ${S}.vault (run, vault, target, plan) VALUES ($1, 'SSN', 't', '{}')`, [
      run,
    ]);
    await store.tell(
      `INSERT INTO ${S}.shard (run, vault, shard, start_row, end_row) VALUES ($1, 'SSN', 0, 0, 90)`,
      [run],
    );
  } else {
    for (const [table, columns] of copied)
      await store.tell(
        `INSERT INTO ${S}.${table} (run, ${columns}) SELECT $1, ${columns} FROM ${S}.${table} WHERE run=$2`,
        [run, from],
      );
  }
  return placeOf(run);
}

function placeOf(run: string): StorePlace {
  return {
    takesOver: true,
    witnessesDurably: true,
    open: () => StoreJournal.open(store, shardOf(run), { owner: 'test' }),
    copy: () => newPlace(run),
    copyForgetful: async () => {
      const copy = await newPlace(run);
      const name = `run-${runs}`;
      await store.tell(`UPDATE ${S}.shard SET seq = durable_seq WHERE run=$1`, [name]);
      for (const table of ['line', 'entry'])
        await store.tell(
          `DELETE FROM ${S}.${table} WHERE run=$1 AND seq > (SELECT seq FROM ${S}.shard WHERE run=$1)`,
          [name],
        );
      return copy;
    },
    change: async (edit) => {
      const rows = await store.ask(z.object({ line: z.string() }), {
        text: `SELECT line FROM ${S}.line WHERE run=$1 ORDER BY seq`,
        values: [run],
      });
      const lines = edit(rows.map(({ line }) => line));
      await store.tell(`DELETE FROM ${S}.line WHERE run=$1`, [run]);
      await store.tell(
        `INSERT INTO ${S}.line SELECT $1, 'SSN', 0, i, 1, l FROM unnest($2::text[]) WITH ORDINALITY u(l, i)`,
        [run, lines],
      );
    },
    entries: async () => {
      const rows = await store.ask(z.object({ entry: z.string() }), {
        text: `SELECT entry FROM ${S}.entry WHERE run=$1 ORDER BY seq, n`,
        values: [run],
      });
      return rows.map(({ entry }) => entry);
    },
  };
}

if (postgres === undefined) test('the journal store of PostgreSQL', needsPostgres, () => undefined);
else testJournalStore('PostgreSQL', () => newPlace());

test('an append that was done and whose answer was lost counts once', needsPostgres, async () => {
  await newPlace();
  const run = `run-${runs}`;
  const journal = await StoreJournal.open(store, shardOf(run), { owner: 'test' });
  await journal.replay(() => undefined);
  await journal.append([{ kind: 'header', header }], { durability: 'durable' });
  const { epoch } = journal.shard;
  const again = await store.ask(z.object({ verdict: z.string() }), {
    text: `SELECT ${S}.append($1,'SSN',0,$2,0,'{x}','{}',true,0,0,0,0,0,0,0) AS verdict`,
    values: [run, epoch],
  });
  assert.deepEqual(again, [{ verdict: 'again' }]);
  await journal.close();
});

test(
  'a store that knows less than was on its disk is said to have forgotten, and takes nothing',
  needsPostgres,
  async () => {
    await newPlace();
    const run = `run-${runs}`;
    const journal = await StoreJournal.open(store, shardOf(run), { owner: 'test' });
    await journal.replay(() => undefined);
    await journal.append([{ kind: 'header', header }], { durability: 'durable' });
    await store.tell(`UPDATE ${S}.shard SET seq = 0 WHERE run=$1`, [run]);
    await store.tell(`DELETE FROM ${S}.line WHERE run=$1`, [run]);
    await assert.rejects(
      async () => journal.append([{ kind: 'extent', start: 0, end: 9 }], { durability: 'loose' }),
      (error) => error instanceof Error && error.message.includes('has forgotten'),
    );
  },
);

test(
  'what the database says, which quotes what it was given, is told by its code',
  needsPostgres,
  async () => {
    const spelled = SPELLINGS.map(([, spell]) => `${spell("Zoë O'Brien 123-45-6789")}\u2020`);
    const statements = [
      'SELECT $1::text::int',
      `INSERT INTO ${S}.run (run, version, record) VALUES ($1, '0', '{}'), ($1, '0', '{}')`,
      `INSERT INTO ${S}.run (run, version, record) VALUES ($1, '0', ($1)::jsonb)`,
    ];
    for (const value of spelled) {
      for (const statement of statements) {
        const thrown: unknown = await store.tell(statement, [value]).catch((error: unknown) => error);
        assert.ok(thrown instanceof SuperviseError);
        assert.match(thrown.message, /^the store refuses what it was asked \(SQLSTATE \w{5}\)$/);
        assert.ok(!`${JSON.stringify(errorFacts(thrown))}${thrown.stack ?? ''}`.includes('\u2020'), value);
      }
    }
  },
);

test('a store of another version is not worked with, and stays as it is', needsPostgres, async () => {
  const later = await Store.open((await postgres?.createStore()) ?? '', { name: 'test', connections: 1 });
  await later.tell(`UPDATE ${S}.meta SET version = version + 1`);
  await assert.rejects(later.assertReady(), {
    code: 'config',
    message: /the store is of version \d+, this program works with \d+/,
    hint: 'Use the version of this program that made it.',
  });
  await later.close();
});
