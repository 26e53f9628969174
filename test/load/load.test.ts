import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace, type VaultName } from '../support/workspace.js';

const names = ['NAME', 'ID', 'DOB', 'SSN'] as const satisfies readonly VaultName[];

test('four vaults are loaded by four children, and the sandbox holds exactly the source', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, names, { performance: { batch_size: 50, max_concurrency: 4 } });
  for (const name of names) await workspace.writePairs(name, makePairs(1_234, name));
  const config = await readFile(workspace.at('config.json'));

  const end = await workspace.run(['--all'], { status: 0 });
  for (const name of names) {
    assert.deepEqual(
      await sandbox.pairs(vaults[name].id, vaults[name].column),
      asMultiset(makePairs(1_234, name)),
    );
  }
  const { totals, status } = await workspace.summary();
  assert.equal(status, 'complete');
  assert.deepEqual(
    [totals.read, totals.uploaded, totals.failed, totals.skipped, totals.unsettled],
    [4_936, 4_936, 0, 0, 0],
  );
  assert.match(end.stdout, /read 4,936 = uploaded 4,936 \+ failed 0 \+ skipped 0/);
  assert.deepEqual(await readFile(workspace.at('config.json')), config, 'the user’s file is as it was');
});

test('server errors, 429s and resets before the effect lose nothing and double nothing', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'errorBefore.rate=0.08',
    'throttle.next=4',
    'resetBefore.rate=0.05',
    'faultRoutes=["insert"]',
  ]);
  // An eighth of the requests fail: with five attempts, one load in a hundred would hold a record back.
  await workspace.configure(sandbox.url, ['NAME', 'SSN'], {
    performance: { batch_size: 20, max_concurrency: 8, max_attempts: 12 },
  });
  for (const name of ['NAME', 'SSN'] as const) await workspace.writePairs(name, makePairs(1_000, name));

  const end = await workspace.run(['--all', '--json'], { status: 0 });
  for (const name of ['NAME', 'SSN'] as const) {
    assert.deepEqual(
      await sandbox.pairs(vaults[name].id, vaults[name].column),
      asMultiset(makePairs(1_000, name)),
    );
  }
  const { totals } = await workspace.summary();
  assert.equal(totals.uploaded, 2_000);
  assert.ok(totals.throttled > 0 && totals.requests > 100, 'the faults did happen');
  assert.deepEqual(
    JSON.parse(end.stdout),
    await workspace.summary(),
    'stdout is one JSON document, the summary',
  );
});

test('one vault of several is chosen by name in any case, and its run directory is its owner’s alone', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path);
  await workspace.configure(sandbox.url, names);
  await workspace.writePairs('SSN', makePairs(10, 'ssn'));

  await workspace.run(['-vault', 'ssn'], { status: 0 });
  const summary = await workspace.summary();
  assert.deepEqual(
    summary.vaults.map(({ name }) => name),
    ['SSN'],
  );
  const [run = ''] = await workspace.runs();
  assert.equal((await stat(run)).mode & 0o777, 0o700);
  for (const file of ['run.json', 'summary.json', 'status.json', 'run.log', 'journal_SSN.log']) {
    assert.equal((await stat(`${run}/${file}`)).mode & 0o777, 0o600, file);
  }
});

test('a vault that answers everything with 500 is out: no record fails, and resume finishes when it is back', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['errorBefore.rate=1']);
  await workspace.configure(sandbox.url, ['NAME'], { performance: { max_attempts: 2, max_concurrency: 12 } });
  await workspace.writePairs('NAME', makePairs(20));

  await workspace.run(['--all'], { status: 3 });
  assert.equal((await workspace.summary()).totals.failed, 0);
  await sandbox.set({ errorBefore: null });
  await workspace.run(['resume'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(vaults.NAME.id, 'name'), asMultiset(makePairs(20)));
});
