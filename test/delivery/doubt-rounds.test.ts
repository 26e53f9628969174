import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { LedgerTotals } from '../../src/journal/ledger-contract.js';
import type { VaultClient } from '../../src/vault/vault-client.js';
import { memoryFolder, open, owner, settlement } from '../journal/fixtures.js';
import { deliverInProcess, sourceOf } from '../support/deliver-in-process.js';
import { jobFor } from '../support/job-for.js';

const rows = 13;
const token = (position: number): string => `token ${position}`;

/** Rows by position, all of them with a value and a token of their own. */
const source = sourceOf(Array.from({ length: rows }, (_, at) => [String(at), token(at)]));

/** A vault that takes a record, and answers it, only when it was sent often enough: else the answer says nothing of it. */
function vaultTakingAt(attempts: (token: string) => number): {
  client: VaultClient;
  sent: Map<string, number>;
} {
  const sent = new Map<string, number>();
  const held = new Map<string, string>();
  const client: VaultClient = {
    encode: (records, wire = 'bulk') => ({
      ...{ records, wire, body: Buffer.alloc(0), plainTokens: true, payloadMs: 0, serializationMs: 0 },
    }),
    insert: ({ records }) => {
      const doubtful = records.tokens.flatMap((name, index) => {
        const count = (sent.get(name) ?? 0) + 1;
        sent.set(name, count);
        if (count < attempts(name)) return [index];
        held.set(name, records.values[index] ?? '');
        return [];
      });
      const facts = { status: 200, requestId: undefined, failures: [], mismatched: [] };
      return Promise.resolve({ answer: { kind: 'judged', ...facts, doubtful }, apiMs: 1 });
    },
    lookup: (tokens) =>
      Promise.resolve({ kind: 'found', held: tokens.map((name) => held.get(name)), showsValues: true }),
    close: () => Promise.resolve(),
  };
  return { client, sent };
}

/** What the vault says of how many records its table holds. */
interface Counts {
  readonly atStart?: number;
  readonly now: () => number | undefined;
}

/** Goes on with a load of which all rows but the last are in doubt. */
async function resumed(
  t: TestContext,
  client: VaultClient,
  { atStart: tableCount, now }: Counts = { now: () => undefined },
): Promise<LedgerTotals & { readonly notices: readonly string[] }> {
  const folder = await memoryFolder(t);
  const before = await open(folder);
  await before.recordInputs({ rows, inputs: [], tableCount });
  await before.reserve({ start: 0, end: rows });
  await before.settle(settlement(rows - 1, rows));
  await before.close();
  const ledger = await open(folder);
  const usual = jobFor(owner.vaultName, folder);
  const job = { ...usual, performance: { ...usual.performance, max_attempts: 2, max_errors: 100 } };
  const notices: string[] = [];
  const notice = (message: string): void => void notices.push(message);
  await deliverInProcess({ job, ledger, source, client, countTable: now, notice });
  const { totals } = ledger;
  await ledger.close();
  return { ...totals, notices };
}

test('rows in doubt are tried for as long as any of them gets a verdict, whatever max_attempts', async (t) => {
  const { client } = vaultTakingAt((name) => Number(name.split(' ')[1]) + 1);

  const { uploaded, failed } = await resumed(t, client);

  assert.deepEqual({ uploaded, failed }, { uploaded: rows, failed: 0 });
});

test('rows in doubt of which none gets a verdict any more are sent max_attempts times, and held', async (t) => {
  const { client, sent } = vaultTakingAt((name) => (name === token(4) ? Infinity : 1));

  const { uploaded, held } = await resumed(t, client);

  assert.deepEqual({ uploaded, held }, { uploaded: rows - 1, held: 1 });
  // Once with the others, which got theirs, and then alone.
  assert.equal(sent.get(token(4)), 3);
});

test('rows that are lost again and again go in ever smaller requests, and are asked for in full ones', async (t) => {
  const folder = await memoryFolder(t);
  const ledger = await open(folder);
  const { client, sent } = vaultTakingAt((name) => (name === token(0) ? 1 : 4));
  const asked: number[] = [];
  const lookup: VaultClient['lookup'] = (tokens, options) => {
    asked.push(tokens.length);
    return client.lookup(tokens, options);
  };
  const job = jobFor(owner.vaultName, folder);
  const performance = { ...job.performance, batch_size: 100, max_concurrency: 2, max_attempts: 5 };
  const many = sourceOf(Array.from({ length: 300 }, (_, at) => [String(at), token(at)]));
  await deliverInProcess({
    ...{ job: { ...job, performance }, ledger, source: many },
    client: { ...client, lookup },
  });
  await ledger.close();

  assert.equal(ledger.totals.uploaded, 300);
  assert.ok([...sent].every(([name, count]) => count === (name === token(0) ? 1 : 4)));
  // Three rounds; one of them may be cut where what is asked for waits for nobody.
  assert.ok(asked.length <= 15, `asked for ${asked.join(', ')}`);
});

/** A vault that keeps tokens and has taken some records all the same under others; `writes` counts what it took since. */
function vaultHolding(own: Iterable<number>): { client: VaultClient; writes: Map<string, number> } {
  const held = new Map([...own].map((position) => [token(position), String(position)]));
  const writes = new Map<string, number>();
  const { client } = vaultTakingAt(() => 1);
  return {
    writes,
    client: {
      ...client,
      insert: ({ records }) => {
        for (const [at, name] of records.tokens.entries()) {
          writes.set(name, (writes.get(name) ?? 0) + 1);
          held.set(name, records.values[at] ?? '');
        }
        const facts = { status: 200, requestId: undefined, failures: [], mismatched: [], doubtful: [] };
        return Promise.resolve({ answer: { kind: 'judged', ...facts }, apiMs: 1 });
      },
      lookup: (tokens) =>
        Promise.resolve({ kind: 'found', held: tokens.map((name) => held.get(name)), showsValues: true }),
    },
  };
}

test('rows that a killed request left under tokens of the vault are not sent again where it counts its table, and all others are', async (t) => {
  const positions = Array.from({ length: rows - 1 }, (_, position) => position);
  const fates = fc.array(fc.constantFrom('own', 'foreign', 'absent'), {
    minLength: positions.length,
    maxLength: positions.length,
  });
  await fc.assert(
    fc.asyncProperty(fates, fc.nat(50), async (fateOf, atStart) => {
      const of = (fate: string): number[] => positions.filter((position) => fateOf[position] === fate);
      const [own, foreign, absent] = [of('own'), of('foreign'), of('absent')];
      const { client, writes } = vaultHolding([...own, rows - 1]);
      const now = (): number => atStart + own.length + 1 + foreign.length + writes.size;

      const { uploaded, held, notices } = await resumed(t, client, { atStart, now });

      const sent = foreign.length === 0 ? absent : [];
      assert.deepEqual([...writes].sort(), sent.map((position) => [token(position), 1]).sort());
      assert.ok(!notices.some((notice) => notice.includes('does not tell')));
      const kept = absent.length + foreign.length - sent.length;
      assert.deepEqual({ uploaded, held }, { uploaded: rows - kept, held: kept });
    }),
    { numRuns: 25 },
  );
});

test('a table that others write into, or that nobody counts, has no row in doubt held for its count, which is said', async (t) => {
  const counts: readonly Counts[] = [
    { atStart: 5, now: () => undefined },
    { atStart: 5, now: () => 5 + 1_000 },
    { atStart: 5, now: () => 2 },
    { now: () => 9 },
  ];
  for (const counted of counts) {
    const { client, writes } = vaultHolding([rows - 1]);

    const { uploaded, held, notices } = await resumed(t, client, counted);

    assert.deepEqual({ uploaded, held, sent: writes.size }, { uploaded: rows, held: 0, sent: rows - 1 });
    assert.match(notices.at(-1) ?? '', /^12 rows .* the number of records in its table does not tell here$/);
  }
});
