import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonsOf } from '../support/logged-failures.js';
import type { ProgramEnd } from '../support/program.js';
import { startSandbox, type TestSandbox } from '../support/sandbox.js';
import { waitUntil } from '../support/wait-until.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const pairs = makePairs(600, 'name');

async function load(
  workspace: Workspace,
  sandbox: TestSandbox,
  rows: typeof pairs,
  skyflow: object = {},
): Promise<ProgramEnd> {
  await workspace.writePairs('NAME', rows);
  await workspace.configure(sandbox.url, ['NAME'], {
    performance: { batch_size: 50, max_concurrency: 4 },
    skyflow: { settle_ms: 300, ...skyflow },
  });
  return workspace.run(['--all']);
}

async function held(sandbox: TestSandbox): Promise<string[]> {
  return sandbox.pairs(vaults.NAME.id, 'name');
}

test('answers that are lost after the effect are settled by asking: nothing is sent twice', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'faultRoutes=["insert"]',
    'resetAfter.next=3',
    'partialInsert.next=2',
  ]);

  const end = await load(workspace, sandbox, pairs);

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
  const { totals } = await workspace.summary();
  assert.ok(totals.confirmed >= 100 && totals.confirmed <= 250, `${totals.confirmed} were confirmed`);
});

test('records that are committed late are waited for, and not sent again before', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['lateCommit.next=3', 'lateCommit.delayMs=400']);

  const end = await load(workspace, sandbox, pairs, { settle_ms: 1_500 });

  assert.equal(end.status, 0, end.stderr);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
  assert.equal((await workspace.summary()).totals.confirmed, 150);
});

test('a credential that may only insert: what is in doubt is held back and counted, and nothing is doubled', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await sandbox.set({
    accessTokens: [{ token: 'test-bearer-token', access: 'insert' }],
    resetAfter: { next: 2 },
  });

  const end = await load(workspace, sandbox, pairs);

  assert.equal(end.status, 1, end.stderr + end.stdout);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.failed, totals.held, totals.uploaded], [2, 2, 598]);
  assert.deepEqual(await reasonsOf(workspace), { in_doubt: 2 });
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('repeated pairs in doubt are held back by default, because asking cannot tell', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['faultRoutes=["insert"]', 'resetAfter.next=4']);
  const rows = [...pairs.slice(0, 300), ...pairs.slice(0, 300)];

  const end = await load(workspace, sandbox, rows);

  assert.equal(end.status, 1, end.stderr);
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.read, totals.held, totals.unsettled], [600, totals.failed, 0]);
  assert.ok(totals.held > 0);
  assert.deepEqual(await held(sandbox), asMultiset(rows), 'all of it was in the vault already');
});

test('with --in-doubt send what asking cannot tell is sent again: nothing is missing, some of it is doubled', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['faultRoutes=["insert"]', 'resetAfter.next=4']);
  const rows = [...pairs.slice(0, 300), ...pairs.slice(0, 300)];

  const end = await load(workspace, sandbox, rows, { in_doubt: 'send' });

  assert.equal(end.status, 0, end.stderr + end.stdout);
  const inVault = await held(sandbox);
  assert.deepEqual([...new Set(inVault)], [...new Set(asMultiset(rows))]);
  const { totals } = await workspace.summary();
  assert.equal(inVault.length, 600 + totals.resent);
  assert.ok(totals.resent > 0);
});

test('with upsert what is in doubt is sent again without asking, and is there once', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['resetAfter.rate=0.2', 'uniqueColumns=["*"]']);

  const end = await load(workspace, sandbox, pairs, { upsert: true });

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

for (const [outage, options] of [
  ['answers 503 to everything', { outage: { next: 1, status: 503, durationMs: 2_500 } }],
  ['closes its port', { portClosed: { next: 1, durationMs: 2_500 } }],
] as const) {
  test(`a vault that ${outage} for a while fails no record`, async () => {
    await using workspace = await Workspace.create();
    await using sandbox = await startSandbox(workspace.path, ['latency.fixedMs=20', 'retryAfter=none']);
    await workspace.writePairs('NAME', pairs);
    await workspace.configure(sandbox.url, ['NAME'], {
      performance: { batch_size: 5, max_concurrency: 4, max_attempts: 2 },
    });
    const running = workspace.run(['--all']);
    await waitUntil(
      'some records are in the vault',
      async () => (await sandbox.count(vaults.NAME.id, 'name')) > 50,
    );
    await sandbox.set(options);

    const end = await running;

    assert.equal(end.status, 0, end.stderr + end.stdout);
    assert.deepEqual(await held(sandbox), asMultiset(pairs));
  });
}

test('a credential that may not see values settles doubt by existence, and what was held before by a retry', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'resetAfter.next=2',
    'faultRoutes=["insert"]',
    'plainText=refuse',
  ]);

  const end = await load(workspace, sandbox, pairs);

  assert.equal(end.status, 1, end.stderr + end.stdout);
  assert.equal((await workspace.summary()).totals.held, 100);
  const log = await workspace.errorLog();
  await workspace.configure(sandbox.url, ['NAME'], { skyflow: { lookup: 'existence' } });
  await workspace.run(['retry', log, '--yes'], { status: 0 });
  assert.equal((await workspace.summary()).totals.confirmed, 100);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('held records do not count as errors, and have a limit of their own', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['resetAfter.rate=1', 'plainText=refuse']);
  await sandbox.set({ resetAfter: { rate: 0.5 } });
  await workspace.writePairs('NAME', pairs);
  const performance = { batch_size: 50, max_concurrency: 1, max_errors: 10 };
  await workspace.configure(sandbox.url, ['NAME'], { performance });

  await workspace.run(['--all'], { status: 1 });
  const { totals } = await workspace.summary();
  assert.deepEqual([totals.held, totals.unsettled], [totals.failed, 0]);
  assert.ok(totals.held > 10);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('bodies above some size that are only ever cut off are sent in smaller ones', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['cutAboveBytes=2000']);

  const end = await load(workspace, sandbox, pairs);

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.match(end.stdout, /requests of this size are cut off, small ones are answered/);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
});

test('a few bodies that are too large among others are divided when they are lost again', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['cutAboveBytes=6000']);
  const rows = pairs.map(
    ([value, token], at) => [at >= 340 && at < 344 ? value.padEnd(2500, 'x') : value, token] as const,
  );

  const end = await load(workspace, sandbox, rows);

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(rows));
});

test('rows in doubt that lie in fragments are asked for in full requests', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['nullEntry.rate=1', 'faultRoutes=["insert"]']);

  const end = await load(workspace, sandbox, pairs);

  assert.equal(end.status, 0, end.stderr + end.stdout);
  assert.deepEqual(await held(sandbox), asMultiset(pairs));
  const routes = (await sandbox.stats())['requests_by_route'] as Record<string, Record<string, number>>;
  const asked = Object.values(routes['detokenize'] ?? {}).reduce((sum, count) => sum + count, 0);
  assert.equal((await workspace.summary()).totals.confirmed, 12, 'one of each batch');
  assert.ok(asked <= 4, `${asked} requests for 12 rows, and a sample before the first insert`);
});
