import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSandbox } from '../support/sandbox.js';
import { asMultiset, makePairs, vaults, Workspace } from '../support/workspace.js';

const { SSN } = vaults;

test('a Flow vault is loaded, lost answers are looked up, failures retried, all of it verified, and cleared', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['poison=["value 7"]', 'uniqueColumns=["ssn"]']);
  const pairs = makePairs(120, 'ssn');
  const bad = pairs.filter(([value]) => value.includes('value 7')).length;
  await workspace.writePairs('SSN', pairs);
  await workspace.configure(sandbox.url, ['SSN'], {
    skyflow: {
      wire: 'flow',
      vaults: [{ name: 'SSN', id: SSN.id, column: SSN.column, allow_destructive: true }],
    },
    performance: { batch_size: 20, max_concurrency: 2 },
  });

  await sandbox.set({ resetAfter: { next: 2 } });
  const load = await workspace.run(['--all']);
  assert.equal(load.status, bad > 0 ? 1 : 0, load.stdout + load.stderr);
  const { totals, vaults: entries } = await workspace.summary();
  assert.deepEqual([totals.read, totals.uploaded, totals.failed, totals.unsettled], [120, 120 - bad, bad, 0]);

  await sandbox.set({ poison: [] });
  await workspace.run(['retry', entries[0]?.error_log ?? '', '--yes'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));

  await workspace.run(['verify'], { status: 0 });
  const check = await workspace.run(['check']);
  assert.match(check.stdout, /\/v2 wire of Flow vaults/);
  assert.match(check.stdout, /skyflow\.token_form "value"/);

  await workspace.run(['clear', '--all', '--yes'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), []);
});

test('a Flow vault that keeps none of the tokens takes one record, and the load ends', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, ['flow.tokens=ignore']);
  await workspace.writePairs('SSN', makePairs(300, 'ssn'));
  await workspace.configure(sandbox.url, ['SSN'], { skyflow: { wire: 'flow' } });

  const end = await workspace.run(['--all'], { status: 3 });
  assert.match(end.stdout + end.stderr, /does not keep the tokens/);
  assert.equal((await sandbox.pairs(SSN.id, SSN.column)).length, 1);
});

test('a Flow vault is loaded by the route that tokenizes, and lost answers are looked up; its test records calibrate it', async () => {
  await using workspace = await Workspace.create();
  await using sandbox = await startSandbox(workspace.path, [
    'flow.tokenGroups=["g"]',
    'uniqueColumns=["ssn"]',
  ]);
  const pairs = makePairs(90, 'ssn');
  await workspace.writePairs('SSN', pairs);
  const flow = { wire: 'flow', token_group: 'g', flow_byot: 'tokenize' };
  const vaults = [{ name: 'SSN', id: SSN.id, column: SSN.column, allow_destructive: true }];
  const configure = (skyflow: object) =>
    workspace.configure(sandbox.url, ['SSN'], {
      skyflow: { vaults, ...flow, ...skyflow },
      performance: { batch_size: 20, max_concurrency: 2 },
    });
  await configure({});
  await sandbox.set({ resetAfter: { next: 2 } });
  await workspace.run(['--all'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, '(tokens)'), asMultiset(pairs));
  await workspace.run(['verify'], { status: 0 });

  const quick = ['--max-records', '300', '--max-batch-size', '25', '--step-seconds', '1'];
  await workspace.run(['calibrate', '--vault', 'ssn', '--yes', ...quick], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), [], 'its test records are deleted again');

  // By their values, where tokens may not be seen.
  await configure({ flow_byot: 'insert', lookup: 'unique_value' });
  await sandbox.set({ plainText: 'refuse', resetAfter: { next: 2 } });
  await workspace.run(['--all', '--new-run', '--yes'], { status: 0 });
  assert.deepEqual(await sandbox.pairs(SSN.id, SSN.column), asMultiset(pairs));

  await configure({ flow_byot: 'insert', flow_update_type: 'REPLACE' });
  const useless = await workspace.run(['check'], { status: 2 });
  assert.match(useless.stdout + useless.stderr, /flow_update_type.*REPLACE without\s+skyflow\.upsert/s);
  await configure({ flow_byot: 'tokenize', token_group: undefined });
  const unnamed = await workspace.run(['check']);
  assert.match(unnamed.stdout + unnamed.stderr, /skyflow\.token_group.*flow_byot tokenize/s);
});
