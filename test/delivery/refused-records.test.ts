import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import type { LoggedEntry } from '../../src/error-log/error-log-entry.js';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

type Pair = readonly [value: string, token: string];

/** Pairs of which the ones at the positions that are `bad` have a value that the sandbox refuses. */
function makeRows(count: number, bad: (position: number) => boolean): Pair[] {
  return makePairs(count, 'name').map(([value, token], at) => [bad(at) ? `poison ${value}` : value, token]);
}

async function load(
  workspace: Workspace,
  sandbox: TestSandbox,
  rows: readonly Pair[],
  performance: object,
  skyflow: object = {},
): Promise<ProgramEnd> {
  await workspace.writePairs('NAME', rows);
  await workspace.configure(sandbox.url, ['NAME'], { performance, skyflow });
  return workspace.run(['--all']);
}

async function held(sandbox: TestSandbox): Promise<string[]> {
  return sandbox.pairs(vaults.NAME.id, 'name');
}

/** Requests of a route so far. */
async function requests(sandbox: TestSandbox, route: string): Promise<number> {
  const routes = z
    .record(z.string(), z.record(z.string(), z.number()))
    .parse((await sandbox.stats())['requests_by_route']);
  return Object.values(routes[route] ?? {}).reduce((sum, count) => sum + count, 0);
}

for (const status of [400, 409, 422]) {
  test(`one bad record among 300 costs one record, whose reason is the vault's own (${status})`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]', `poisonStatus=${status}`]);
    const rows = makeRows(300, (at) => at === 211);

    const end = await load(workspace, sandbox, rows, { batch_size: 300 });

    assert.equal(end.status, 1, end.stderr + end.stdout);
    assert.deepEqual(await held(sandbox), asMultiset(rows.filter((_, at) => at !== 211)));
    const {
      vaults: [vault],
    } = await workspace.summary();
    assert.deepEqual([vault?.uploaded, vault?.failed, vault?.unsettled], [299, 1, 0]);
    const entries: LoggedEntry[] = [];
    for await (const entry of (await readErrorLog(vault?.error_log ?? '')).entries) entries.push(entry);
    assert.equal(entries.length, 1);
    assert.deepEqual(entries[0]?.records, [{ value: rows[211]?.[0], token: rows[211]?.[1], position: 211 }]);
    assert.match(entries[0].error, /A value is not acceptable/);
    assert.equal(entries[0].statusCode, status);
    const limit = 2 * Math.ceil(Math.log2(300)) + 1;
    assert.ok((await requests(sandbox, 'insert')) <= limit, 'halving finds it in a logarithm of requests');
  });
}

test('many bad records in a batch are found by the record wire, in a bounded number of requests', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]']);
  const isBad = (at: number): boolean => at % 3 === 0;
  const rows = makeRows(300, isBad);

  const end = await load(workspace, sandbox, rows, { batch_size: 300 });

  assert.equal(end.status, 1, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(rows.filter((_, at) => !isBad(at))));
  assert.equal((await workspace.summary()).totals.failed, 100);
  const levels = Math.ceil(Math.log2(300));
  assert.ok((await requests(sandbox, 'insert')) <= 2 * levels * 8 + 1, 'eight are found by halving');
  assert.ok((await requests(sandbox, 'insert_records')) <= levels, 'one request for each part that is left');
});

test('a vault that takes fewer records at once gets fewer from then on, and it is said', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['maxBatchRecords=100', 'tooLargeStatus=413']);
  const rows = makePairs(3_000, 'name');

  const end = await load(workspace, sandbox, rows, { batch_size: 300, max_concurrency: 2 });

  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual(await held(sandbox), asMultiset(rows));
  assert.match(
    end.stdout + end.stderr,
    /the vault finds 300 records too much .*: from now on 75 per request/,
  );
  assert.ok((await requests(sandbox, 'insert')) < 60, 'it does not find out anew for every batch');
});

test('one record that is too large by itself fails alone, and the others go on in full batches', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['maxBatchBytes=40000']);
  const rows = makePairs(1_000, 'name').map(([value, token], at): Pair => [
    at === 130 ? 'x'.repeat(50_000) : value,
    token,
  ]);

  const end = await load(workspace, sandbox, rows, { batch_size: 100, max_concurrency: 1 });

  assert.equal(end.status, 1, end.stderr);
  assert.deepEqual(await held(sandbox), asMultiset(rows.filter((_, at) => at !== 130)));
  assert.doesNotMatch(end.stdout + end.stderr, /from now on/);
  assert.ok((await requests(sandbox, 'insert')) <= 10 + 2 * 7, 'the other batches are whole');
});

for (const wire of ['bulk', 'record'] as const) {
  test(`when the first three batches are refused alike the vault stops with nothing settled (${wire} wire)`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['refuseAll=true']);
    const rows = makePairs(2_000, 'name');

    const end = await load(workspace, sandbox, rows, { batch_size: 200, max_concurrency: 2 }, { wire });

    assert.equal(end.status, 3, end.stderr);
    assert.match(end.stdout, /every record of the first 3 batches was refused alike/);
    const { totals, vaults: stopped } = await workspace.summary();
    assert.deepEqual([totals.read, totals.failed, totals.unsettled], [0, 0, 2_000]);
    assert.equal(stopped[0]?.error?.code, 'refused');
    await sandbox.set({ refuseAll: false });
    await workspace.run(['resume'], { status: 0 });
    assert.deepEqual(await held(sandbox), asMultiset(rows));
    assert.equal((await workspace.summary()).totals.resent, 0, 'none of them was in doubt');
  });
}

test('a source whose few records are all refused is data, and they fail', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['refuseAll=true']);

  const end = await load(workspace, sandbox, makePairs(40, 'name'), { batch_size: 20 });

  assert.equal(end.status, 1, end.stderr);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.failed, totals.unsettled], [40, 40, 0]);
});

for (const maxErrors of [40, '5%'] as const) {
  test(`more failures than max_errors ${maxErrors} end the vault early, and resume goes on`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['poison=["poison"]', 'latency.fixedMs=10']);
    const isBad = (at: number): boolean => at % 10 === 9;
    const rows = makeRows(2_000, isBad);

    const end = await load(workspace, sandbox, rows, {
      batch_size: 50,
      max_concurrency: 2,
      max_errors: maxErrors,
    });

    assert.equal(end.status, 3, end.stderr);
    const stopped = await workspace.summary();
    assert.equal(stopped.vaults[0]?.error?.code, 'too_many_errors');
    assert.ok(stopped.totals.read < 1_500, `it read ${stopped.totals.read} rows`);
    assert.equal(stopped.totals.read + stopped.totals.unsettled, 2_000);
    await workspace.run(['resume', '--max-errors', '100%'], { status: 1 });
    assert.deepEqual(await held(sandbox), asMultiset(rows.filter((_, at) => !isBad(at))));
    assert.equal((await workspace.summary()).totals.failed, 200);
  });
}

test('a table that the vault does not know ends the vault and divides nothing, though it comes as 400', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['tables=["another"]']);

  const end = await load(
    workspace,
    sandbox,
    makeRows(300, () => false),
    { batch_size: 100 },
  );

  assert.equal(end.status, 3, end.stderr + end.stdout);
  assert.match(end.stderr + end.stdout, /no such vault or table/);
  assert.deepEqual([await requests(sandbox, 'insert'), await requests(sandbox, 'insert_records')], [1, 0]);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.uploaded, totals.failed], [0, 0]);
});
